"""Target files: where requests go, how they authenticate, which fields and situations there are.

`python -m endpoints targets` explains the format to people; `target.schema.json` checks its shape; this module
checks what a schema cannot. Every mistake becomes one sentence with file, key and cure.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from jsonschema.validators import extend

from contracts.contract import Contract, contract_names, is_known, load_contract
from contracts.errors import UserError
from contracts.model import Json
from contracts.patterns import patterns_in, why_not
from endpoints.redaction import SHORTEST
from endpoints.tables import beside, no_json, url_mistake, with_files
from endpoints.tokens import Tokens
from endpoints.transport import is_loopback, why_no_authority
from strategies.edges import prove
from strategies.errors import StrategyError
from strategies.tenant import Tenant, tenant_places

MOCK_TARGET = Path(str(files("endpoints") / "mock.toml"))
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MENDING = "see `python -m endpoints targets`"
_UNSENDABLE = re.compile(r"^[ \t]|[ \t]$|[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")  # RFC 9110 section 5.5
_UNBOUNDED = 10**9
_HELD = 50  # records that are there at once, unless the target says otherwise
_INTEGERS = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)  # 7.0 is none
_SchemaValidator: Any = extend(Draft202012Validator, type_checker=_INTEGERS)  # type: ignore[no-untyped-call]
INVALID = "invalid"
ADDRESS = "--base-url"  # stands for the file of a target that options describe
INVALID_CREDENTIALS, NO_CREDENTIALS = "invalid credentials", "no credentials"


class TargetError(UserError):
    """A target file that is missing, is wrong, or needs a variable that is not set."""


@dataclass(frozen=True)
class Credentials:
    """Headers that authenticate: as sent (`headers`), shown with `$NAME` (`shown`), and as written (`templates`)."""

    templates: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def shown(self) -> dict[str, str]:
        """The headers with the names of the environment variables instead of their values."""
        return {name: _VARIABLE.sub(r"$\1", template) for name, template in self.templates.items()}

    @property
    def names(self) -> list[str]:
        """The environment variables that they are made of."""
        return _VARIABLE.findall(" ".join(self.templates.values()))

    def filled(self, values: Mapping[str, str]) -> Credentials:
        """The same with these values in the headers that name no other variables."""
        named = {h: text for h, text in self.templates.items() if set(_VARIABLE.findall(text)) <= values.keys()}
        new = {header: _VARIABLE.sub(lambda match: values[match[1]], text) for header, text in named.items()}
        return Credentials(self.templates, {**self.headers, **new})

    @property
    def unsendable(self) -> str:
        """Why no HTTP header can carry these (RFC 9110 section 5.5), or nothing."""
        for name, value in self.headers.items():
            if _UNSENDABLE.search(value):
                variables = " and ".join(_VARIABLE.findall(self.templates[name]))
                return (
                    f"no HTTP header can carry the value of {variables}: it begins or ends with a blank or a line feed "
                    f"or has a control character or one beyond Latin-1; export it anew, as in TOKEN=$(cat file)"
                )
        return ""

    @property
    def invalid(self) -> Credentials:
        """Credentials like these that nobody has."""
        headers = {name: _VARIABLE.sub(INVALID, template) for name, template in self.templates.items()}
        return Credentials(headers, headers)


@dataclass(frozen=True)
class Situation:
    """A named way to make a target show an answer that an ordinary request cannot.

    `path` and `credentials` replace the usual ones; `body` is merged into a request's body (RFC 7396); `fields` is
    for the test that needs the situation. An ordinary one has no `name`.
    """

    name: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    credentials: Credentials | None = None
    body: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


ANONYMOUS = Situation(NO_CREDENTIALS, credentials=Credentials())


@dataclass(frozen=True)
class Budget:
    """What a run may spend on a target, all its processes together: requests, records made, and records held at once.

    The requests include those that read back and delete.
    """

    requests: int = _UNBOUNDED
    records: int = _UNBOUNDED
    most_records: int = _HELD

    @property
    def bounded(self) -> bool:
        """Whether the target names both numbers."""
        return max(self.requests, self.records) < _UNBOUNDED

    def shared(self, processes: int) -> Budget:
        """The part of one of several processes; the default of what is held holds for each."""
        held = self.most_records if self.most_records == _HELD else max(self.most_records // processes, 1)
        return Budget(max(self.requests // processes, 1), max(self.records // processes, 1), held)


@dataclass(frozen=True)
class Endpoint:
    """One contract's part of a target, with every variable filled in."""

    contract: str
    base_url: str
    authentication: Mapping[str, Credentials]
    path: Mapping[str, str]
    tenant: Tenant
    situations: Mapping[str, Situation]
    outside: Mapping[str, Mapping[str, str]]
    created_ids: str
    creates: bool
    disposable: bool
    things: Mapping[str, Mapping[str, str]]
    refuses: frozenset[int]
    timeout: float
    patience: float
    requests_per_second: int
    connections: int
    verify: bool | str
    budget: Budget

    @property
    def caution(self) -> str:
        """What a run has to say wherever it says anything, or nothing."""
        if self.verify is not False or not self.base_url.startswith("https:"):
            return ""
        host = urlsplit(self.base_url).netloc
        return (
            f"CAUTION: the certificate of {host} was NOT VERIFIED (verify_tls = false): whoever stands in between may "
            f"have read what was sent, credentials too, and written what was answered"
        )

    def credentials(self, scheme: str, situation: Situation) -> Credentials:
        """Those of the situation, of the named scheme, or of the first one in the file."""
        if situation.credentials is not None:
            return situation.credentials
        return self.authentication[scheme] if scheme else next(iter(self.authentication.values()), Credentials())

    def check(self) -> None:
        """Raise TargetError for what would only come to light when something is sent."""
        ways = {f"authentication.{name}": one for name, one in self.authentication.items()}
        ways |= {f"situations.{name}": one.credentials for name, one in self.situations.items() if one.credentials}
        for key, one in ways.items():
            if one.unsendable:
                raise TargetError(f"contracts.{self.contract}.{key}: {one.unsendable}")

    def strangers(self, scheme: str = "") -> Situation:
        """That of somebody with credentials like those of a way to authenticate, which nobody has."""
        return Situation(INVALID_CREDENTIALS, credentials=self.credentials(scheme, Situation()).invalid)


@dataclass(frozen=True)
class Target:
    """A target file as it was read; environment variables are filled in when an endpoint is asked for."""

    file: Path
    table: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the target is called in reports."""
        return str(self.table["name"])

    @property
    def option(self) -> str:
        """How a command names it; where only an address was given, a file has to be written first."""
        return (
            f"--target {self.file}" if self.file.name != ADDRESS else '--target FILE (with [openapi."…"] and base_url)'
        )

    @property
    def embedded(self) -> bool:
        """Whether the suites start the embedded mock for it."""
        return bool(self.table.get("embedded", False))

    @property
    def live(self) -> bool:
        """Whether the file says that somebody works with what is there."""
        return bool(self.table.get("live", False))

    @property
    def contracts(self) -> tuple[str, ...]:
        """The names of the contracts that it says where to send."""
        return tuple(sorted(self.table["contracts"]))

    @cached_property
    def tokens(self) -> Tokens:
        """What its commands print; none is run before a value is asked for."""
        return Tokens(self.file, self.table.get("token_command", {}))

    def environment(self, environment: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """The variables of this process, or others, with the tokens of its commands. Raises UserError."""
        return {**(os.environ if environment is None else environment), **self.tokens.values()}

    @property
    def budget(self) -> Budget:
        """What a run may spend on it; all that a run asks for, unless the file says so."""
        return Budget(**self.table.get("budget", {}))

    def secrets(self, environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """The values of all variables that authenticate anywhere in the file, or name a secret address, as far as set.

        Each with the name of its variable.
        """
        environment, found = self.environment(environment), dict[str, str]()
        for table in self.table["contracts"].values():
            situations = [facts.get("headers", {}) for facts in table.get("situations", {}).values()]
            ways = [facts["headers"] for facts in table.get("authentication", {}).values()]
            names = _VARIABLE.findall(" ".join(text for headers in (*ways, *situations) for text in headers.values()))
            found |= {environment[name]: name for name in names if environment.get(name)}
            for name in _VARIABLE.findall(table["base_url"]):
                value = environment.get(name, "")
                address = urlsplit(value)
                secret = value.partition(address.netloc)[2].strip("/") if address.netloc else value
                found |= {secret: name} if len(secret) >= SHORTEST else {}
        return found

    def check_live(self, contracts: Iterable[str], environment: Mapping[str, str] | None = None) -> None:
        """Raise TargetError when a host is not this machine and the file does not ask for a live run, with a budget."""
        for name in contracts:
            url = self.endpoint(name, environment).base_url
            if is_loopback(url):
                continue
            missing = [] if self.live else ["live = true"]
            budget = self.table.get("budget", {})
            if not {"requests", "records"} <= budget.keys():
                missing.append("budget = { requests = 600, records = 150 }")
            if not self.table.get("requests_per_second"):
                missing.append("requests_per_second = 4")
            if missing:
                host, named = urlsplit(url).netloc, self.file.name != ADDRESS
                place = (
                    "at the top of the file" if named else 'at the top of a target file with [openapi."…"], not here,'
                )
                raise TargetError(
                    f"{self.file}: contracts.{name}: {host} is not this machine, and what is sent there makes records; "
                    f"add {', '.join(missing)} {place} if that is what you want"
                )

    def endpoint(self, name: str, environment: Mapping[str, str] | None = None) -> Endpoint:
        """One contract's endpoint; raises TargetError for what is missing or wrong in the file or the environment."""
        if name not in self.contracts:
            raise TargetError(f"{self.file}: there is no [contracts.{name}]; there are {', '.join(self.contracts)}")
        return _Reader(self, name, environment).endpoint()


def load_target(file: Path = MOCK_TARGET) -> Target:
    """Read a target file; raises TargetError when it is missing or its shape is wrong."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(f"{file}: the target file cannot be read ({error.strerror}); give its path") from None
    except (ValueError, RecursionError) as error:  # beside those of tomllib, a number or a nest without end
        raise TargetError(f"{file}: this is not TOML: {error}") from None
    for key, why in no_json(table, ()):
        raise TargetError(f"{file}: {key}: {why}")
    mistake = best_match(_SchemaValidator(_schema()).iter_errors(table))
    if mistake:
        key = ".".join(map(str, mistake.absolute_path)) or "the file"
        raise TargetError(f"{file}: {key}: {mistake.message}; {_MENDING}")
    table = with_files(table, file)
    for name, facts in table["contracts"].items():
        if table.get("embedded") and facts["base_url"] != "${CLAUSEWISE_MOCK}":
            raise TargetError(
                f"{file}: contracts.{name}.base_url: embedded = true is for the mock, ${{CLAUSEWISE_MOCK}}; "
                f"leave embedded out for a server of your own"
            )
        if not is_known(name):
            known = ", ".join(contract_names())
            raise TargetError(f"{file}: contracts.{name}: there is no such contract; there are {known}")
    return Target(file, table)


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((files("endpoints") / "target.schema.json").read_text(encoding="utf-8"))
    return schema


class _Reader:
    """Reads one contract's table, checks it against the contract and fills in the environment."""

    def __init__(self, target: Target, name: str, environment: Mapping[str, str] | None) -> None:
        self._target, self._environment = target, target.environment(environment)
        self._contract: Contract = load_contract(name)
        self._table: Mapping[str, Any] = target.table["contracts"][name]

    def endpoint(self) -> Endpoint:
        table, contract = self._table, self._contract
        return Endpoint(
            contract=contract.name,
            base_url=self._base_url(table["base_url"]),
            authentication={
                scheme: self._credentials(f"authentication.{scheme}.headers", facts["headers"])
                for scheme, facts in table.get("authentication", {}).items()
            },
            path=self._path(),
            tenant=self._tenant(),
            situations=self._situations(),
            outside={**contract.outside_of(contract.path), **table.get("outside", {})},
            created_ids=table.get("created_ids", contract.created_ids),
            creates=table.get("creates", True),
            disposable=table.get("disposable", False),
            things=self._things(),
            refuses=contract.refuses | set(table.get("refuses", ())),
            timeout=float(self._target.table.get("timeout", 30)),
            patience=float(self._target.table.get("patience", 2)),
            requests_per_second=int(self._target.table.get("requests_per_second", 0)),
            connections=int(self._target.table.get("connections", self._connections())),
            verify=self._verify(),
            budget=self._target.budget,
        )

    def _error(self, key: str, message: str) -> TargetError:
        return TargetError(f"{self._target.file}: contracts.{self._contract.name}.{key}: {message}")

    def _filled(self, key: str, template: str) -> str:
        environment = self._environment

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if not environment.get(name):
                raise self._error(key, f"the environment variable {name} is not set; export it and run again")
            return environment[name]

        return _VARIABLE.sub(value, template)

    def _credentials(self, key: str, templates: Mapping[str, str]) -> Credentials:
        for header, template in templates.items():
            names = _VARIABLE.findall(template)
            if not names:
                raise self._error(
                    f"{key}.{header}", 'a secret stands in an environment variable, as in "Bearer ${API_TOKEN}"'
                )
            for name in names:
                self._check_secret(key, name)
        return Credentials(templates, {header: self._filled(key, text) for header, text in templates.items()})

    def _check_secret(self, key: str, name: str) -> None:
        """Raise TargetError for what is too short to be struck out of texts."""
        if len(self._filled(key, f"${{{name}}}")) < SHORTEST:
            raise self._error(
                key, f"the value of {name} has fewer than {SHORTEST} characters, too few to be struck out of reports"
            )

    def _base_url(self, template: str) -> str:
        """The base URL without its last slash; raises TargetError for what is none."""
        url = self._filled("base_url", template).rstrip("/")
        mistake = url_mistake(url)
        if mistake:
            raise self._error("base_url", mistake)
        return url

    def _connections(self) -> int:
        """How many requests may be in flight where the file doesn't say: one where others work, too."""
        return 1 if self._target.live or not is_loopback(self._filled("base_url", self._table["base_url"])) else 4

    def _verify(self) -> bool | str:
        """Whether certificates are verified, or by which file of authorities beside the target's own."""
        table, file = self._target.table, self._target.file
        if "ca_bundle" not in table:
            return bool(table.get("verify_tls", True))
        bundle = beside(file, "ca_bundle", table["ca_bundle"])
        if mistake := why_no_authority(bundle):
            raise TargetError(f"{file}: ca_bundle: {bundle} {mistake}; give the PEM file of your company's authority")
        return str(bundle)

    def _path(self) -> dict[str, str]:
        given = self._table.get("path", {})
        for name in re.findall(r"\{([^{}]+)\}", self._contract.path):
            if name not in given and name not in self._things() and self._contract.file is None:
                raise self._error("path", f"the path {self._contract.path} needs a value for {name}")
        return dict(given)

    def _things(self) -> dict[str, Mapping[str, str]]:
        """Where path parameters and other places come from: what the file says, and what the target does."""
        given: dict[str, Mapping[str, str]] = self._table.get("things", {})
        for name, source in given.items():
            if not is_known(source["from"]) or source["from"] not in self._target.contracts:
                raise self._error(
                    f"things.{name}", f"the target has no contract {source['from']!r}; name one that it has"
                )
        made = {
            name: source for name, source in self._contract.things.items() if source["from"] in self._target.contracts
        }
        return {**made, **given}

    def _tenant(self) -> Tenant:
        given = self._table.get("tenant", {})
        places = tenant_places(self._contract)
        for place, schema in given.items():
            if not self._contract.at(("body", *place.split("/"))) and place not in places:
                raise self._error(f"tenant.{place!r}", f"requests have no such place; there are {', '.join(places)}")
            try:
                Draft202012Validator.check_schema(schema)
                for pattern in patterns_in(schema):
                    if mistake := why_not(pattern):
                        raise self._error(f"tenant.{place!r}", mistake)
                prove(self._contract, Tenant({place: schema}))
            except (SchemaError, StrategyError, re.error) as error:
                said = getattr(error, "message", str(error))
                raise self._error(f"tenant.{place!r}", f"no values can be drawn from it: {said}") from None
        for place, required in places.items():
            if required and place not in given:
                raise self._error("tenant", f"every request needs `{place}`; give a JSON Schema of what it takes")
        known = frozenset(self._table.get("path", {})) if self._contract.file is None else frozenset[str]()
        return Tenant(given, known)

    def _situations(self) -> dict[str, Situation]:
        known = sorted({clause.needs for clause in self._contract.clauses.values() if clause.needs})
        situations = {}
        for name, facts in self._table.get("situations", {}).items():
            if name not in known:
                raise self._error(f"situations.{name}", f"no clause needs this; there are {', '.join(known) or 'none'}")
            if not any(facts.values()):
                raise self._error(
                    f"situations.{name}", "it is empty; give path, headers, body or fields, or leave it out"
                )
            headers = facts.get("headers")
            situations[name] = Situation(
                name,
                path=facts.get("path", {}),
                credentials=self._credentials(f"situations.{name}.headers", headers) if headers else None,
                body=facts.get("body", {}),
                fields=facts.get("fields", {}),
            )
        return situations
