"""Target files: where requests go, how they authenticate, which fields and situations there are.

`python -m endpoints targets` explains the format to people; `target.schema.json` checks its shape, and
`endpoints.reading` what a schema cannot. Every mistake becomes one sentence with file, key and cure.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from contracts.clauses import CONFLICT, NOBODY
from contracts.contract import Contract, contract_names, is_known, load_contract
from contracts.model import ANY_MEMBER, Clause, Kind
from endpoints.endpoint import JSONPATHS, USUAL, VARIABLE, Budget, Endpoint, TargetError, secret_names
from endpoints.exchange import shortened
from endpoints.reading import Reading, is_ordinary
from endpoints.redaction import SHORTEST
from endpoints.tables import Table, left, no_json, with_files
from endpoints.things import ThingError, check_own
from endpoints.tokens import Tokens
from endpoints.transport import is_loopback
from strategies.tenant import tenant_places
from strategies.unique import schema_at

MOCK_TARGET = Path(str(files("endpoints") / "mock.toml"))
ADDRESS = "--base-url"  # stands for the file of a target that options describe
_MENDING = "see `python -m endpoints targets`"
_INTEGERS = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)  # 7.0 is none
_SchemaValidator: Any = extend(Draft202012Validator, type_checker=_INTEGERS)  # type: ignore[no-untyped-call]


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
        for contract, table in self.table["contracts"].items():
            situations = [facts.get("headers", {}) for facts in table.get("situations", {}).values()]
            ways = [facts["headers"] for facts in table.get("authentication", {}).values()]
            templates = [text for headers in (*ways, *situations) for text in headers.values()]
            names = [name for template in templates for name in secret_names(template)]
            found |= {environment[name]: name for name in names if environment.get(name)}
            for name in VARIABLE.findall(table["base_url"]):
                value = environment.get(name, "")
                address = urlsplit(value)
                secret = value.partition(address.netloc)[2].strip("/") if address.netloc else value
                if len(secret) >= SHORTEST and not is_ordinary(secret, load_contract(contract)):
                    found[secret] = name
        return found

    def check_live(self, contracts: Iterable[str], environment: Mapping[str, str] | None = None) -> None:
        """Raise TargetError when a host is not this machine and the file does not ask for a live run, with a budget."""
        for name in contracts:
            for mistake in self._lacking(name, self.endpoint(name, environment).base_url):
                raise TargetError(mistake)

    def _lacking(self, name: str, url: str) -> Iterator[str]:
        """What the file has to say before anything is sent to a host that is not this machine."""
        if is_loopback(url):
            return
        missing = [] if self.live else ["live = true"]
        budget = self.table.get("budget", {})
        if not {"requests", "records"} <= budget.keys():
            missing.append("budget = { requests = 600, records = 150 }")
        if not self.table.get("requests_per_second"):
            missing.append("requests_per_second = 4")
        if missing:
            host, named = urlsplit(url).netloc, self.file.name != ADDRESS
            place = "at the top of the file" if named else 'at the top of a target file with [openapi."…"], not here,'
            yield (
                f"{self.file}: contracts.{name}: {host} is not this machine, and what is sent there makes records; "
                f"add {', '.join(missing)} {place} if that is what you want"
            )

    def endpoint(self, name: str, environment: Mapping[str, str] | None = None) -> Endpoint:
        """One contract's endpoint; raises TargetError for what is missing or wrong in the file or the environment."""
        read = self._read(name, environment)
        for mistake in (*read.mistakes, *read.unset.values()):
            raise TargetError(mistake)
        return read.endpoint

    def _read(self, name: str, environment: Mapping[str, str] | None) -> Reading:
        if name not in self.contracts:
            raise TargetError(f"{self.file}: there is no [contracts.{name}]; there are {', '.join(self.contracts)}")
        return Reading(self.file, self.table, name, self.environment(environment))

    def mistakes(self, name: str, environment: Mapping[str, str] | None = None) -> tuple[list[str], dict[str, str]]:
        """All that is wrong with one contract's table, and the variables that are not set, each with a sentence."""
        read = self._read(name, environment)
        unknown = read.unset.keys() & set(VARIABLE.findall(self.table["contracts"][name].get("base_url", "")))
        far = [] if self.embedded or unknown else self._lacking(name, read.endpoint.base_url)
        return [*read.mistakes, *read.unsendable, *far], read.unset

    def summary(self) -> Iterator[str]:
        """Where each contract is sent, its situations, and how many clauses lack what it does not say, a line each."""
        for name in self.contracts:
            table = self.table["contracts"][name]
            lost = [f"{one} ({len(clauses)})" for one, clauses in lacking(load_contract(name), table).items()]
            missing = f"; unexercised without, at least so many clauses: {', '.join(lost)}" if lost else ""
            try:
                check_own(load_contract(name), self._read(name, None).endpoint, USUAL)
            except ThingError as error:
                missing = f"; nothing of it is asked: {error}"
            own = ", ".join(table.get("situations", ())) or "none"
            yield f"{name}: {table['base_url']}, situations: {own}{missing}"


def lacking(contract: Contract, table: Mapping[str, Any]) -> dict[str, list[Clause]]:
    """The clauses that cannot be exercised for want of a situation, or of values, which a contract's table lacks."""
    own = {"", NOBODY, CONFLICT, *table.get("situations", ())}
    own |= {parameter.get("x-unknown") for parameter in contract.operation.get("parameters", ())}
    given = [place.split("/") for key in ("tenant", "things") for place in table.get(key, ())]
    places = [place for place in tenant_places(contract) if place.split("/") not in given]
    found: dict[str, list[Clause]] = {}
    for clause in contract.clauses.values():
        situations = [clause.needs, clause.schema.get("beside", "") if clause.behaviour else ""]
        wanting = [name for name in situations if name not in own]
        wanting += [place for place in places if _is_about(clause, place, contract)]
        if wanting:
            found.setdefault(wanting[0], []).append(clause)
    return dict(sorted(found.items()))


def _is_about(clause: Clause, place: str, contract: Contract) -> bool:
    """Whether nothing shows a clause without a value at a place of the body; an object that is needed is sent empty."""
    steps = ("body", *place.split("/"))
    about = clause.place if not clause.behaviour else ("body", *str(clause.schema.get("request")).split("/"))
    if about[: len(steps)] != steps or not (clause.kind in {Kind.REQUEST, Kind.UNKNOWN} or clause.behaviour == "echo"):
        return False
    types = str((schema_at(contract.request_schema, steps) or {}).get("type"))
    around = schema_at(contract.request_schema, steps[:-1]) or {}
    is_needed = steps[-1] in {ANY_MEMBER, *around.get("required", ())}
    return clause.kind is Kind.UNKNOWN or about != steps or not (is_needed and "object" in types)


def load_target(file: Path = MOCK_TARGET) -> Target:
    """Read a target file; raises TargetError when it is missing or its shape is wrong."""
    target, mistakes = read_target(file)
    for mistake in mistakes:
        raise TargetError(mistake)
    return target


def read_target(file: Path) -> tuple[Target, list[str]]:
    """A target file without what is wrong with its shape, and that, a sentence each; raises TargetError for no TOML."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TargetError(f"{file}: the target file cannot be read ({error.strerror}); give its path") from None
    except (ValueError, RecursionError) as error:  # beside those of tomllib, a number or a nest without end
        raise TargetError(f"{file}: this is not TOML: {error}") from None
    for key, why in no_json(table, ()):
        raise TargetError(f"{file}: {key}: {why}")
    mistakes = [
        f"{file}: {key}: … stands for what only you know; fill it in, or leave the key out" for key in left(table)
    ]
    judge = _SchemaValidator(_schema(), format_checker=JSONPATHS)
    found = sorted(judge.iter_errors(table), key=lambda error: error.validator == _CLOSED)
    mistakes += [f"{file}: {_told(table, error)}; {_MENDING}" for error in found]
    table, unfit = with_files({"name": "", **table}, file)
    mistakes += [f"{file}: {mistake}" for mistake in unfit]
    if not found and not unfit and not table["contracts"]:
        mistakes.append(f'{file}: it names no contract; give [contracts.NAME] or [openapi."FILE"]; {_MENDING}')
    for name, facts in list(table["contracts"].items()):
        if not is_known(name):
            there = f'{", ".join(contract_names())}, and those of each file with a table such as [openapi."api.yaml"]'
            mistakes.append(f"{file}: contracts.{name}: there is no such contract; there are {there}")
            del table["contracts"][name]
        elif "base_url" not in facts and not any(f"contracts.{name}.base_url" in mistake for mistake in mistakes):
            mistakes.append(
                f'{file}: contracts.{name}: it needs a base_url, as in base_url = "https://api.example.com"'
            )
        elif table.get("embedded") and facts.get("base_url") != "${CLAUSEWISE_MOCK}":
            mistakes.append(
                f"{file}: contracts.{name}.base_url: embedded = true is for the mock, ${{CLAUSEWISE_MOCK}}; "
                f"leave embedded out for a server of your own"
            )
    return Target(file, table), mistakes


_CLOSED = "additionalProperties"
_LONGEST = 300  # characters of what jsonschema says, which shows all that stands there
_WHOLE = 4  # steps to what is looked at as a whole, such as contracts.NAME.tenant.PLACE


def _told(table: Table, error: Any) -> str:
    """A mistake of shape with its key; it is taken out of the table, so that the rest can be looked at."""
    key = ".".join(map(str, error.absolute_path)) or "the file"
    if error.validator == _CLOSED:
        known = error.schema["properties"]
        unknown = [name for name in error.instance if name not in known]
        for name in unknown:
            del error.instance[name]  # which is an object of the table itself
        told = shortened(", ".join(unknown), _LONGEST)
        return f"{shortened(key, _LONGEST)}: there is no such key as {told}; there are {', '.join(known)}"
    node, steps = table, [*map(str, error.absolute_path)][:_WHOLE]
    for step in steps[:-1]:
        node = node[step] if isinstance(node.get(step), dict) else {}
    node.pop(steps[-1] if steps else "", None)
    return f"{shortened(key, _LONGEST)}: {error.message[:_LONGEST]}"


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((files("endpoints") / "target.schema.json").read_text(encoding="utf-8"))
    return schema
