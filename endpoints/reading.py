"""One contract's table of a target file, read: checked against the contract, its variables filled in.

Every mistake becomes one sentence with file, key and cure, and reading goes on, so that all can be told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from contracts.clauses import NONE
from contracts.contract import Contract, load_contract
from contracts.errors import UserError
from contracts.model import Kind
from contracts.operations import PARAMETER
from contracts.patterns import patterns_in, why_not
from contracts.things import LOCATION, OWN_ID, OWN_URL
from endpoints.endpoint import INVALID, VARIABLE, Budget, Credentials, Endpoint, Situation, expanded, secret_names
from endpoints.exchange import shortened
from endpoints.redaction import SHORTEST
from endpoints.tables import beside, url_mistake
from endpoints.transport import is_loopback, why_no_authority
from strategies.edges import plain_value, prove
from strategies.errors import StrategyError
from strategies.tenant import Tenant, parameters_of, request_schema, steps_of, tenant_places
from strategies.unique import schema_at
from strategies.validity import keeps

_LONGEST = 400  # characters of a key that is told
_WORDS = (
    "outcome reason expected actual request response headers status method answer upheld unexercised undetermined "
    "broken judgements evidence observed implied stated counts rehearsed"
)  # as verdicts name what they hold
_OURS = {"id", OWN_ID, "field", "value"}  # what paths of `outside` are filled with beside parameters
_SECRET = re.compile(r"auth|cookie|key|token|secret|session|signature", re.IGNORECASE)  # headers that may hold one


class Reading:
    """One contract's part of a target file, from the whole table of that file.

    `endpoint` is whole only when there are no `mistakes` and nothing is `unset`: the variables that the environment
    lacks, each with the sentence that asks for it. What is `unsendable`, a run tells where it would send it.
    """

    def __init__(self, file: Path, target: Mapping[str, Any], name: str, environment: Mapping[str, str]) -> None:
        self.mistakes: list[str] = []
        self.unset: dict[str, str] = {}
        self.unsendable: list[str] = []
        self._file, self._target, self._environment = file, target, environment
        self._contract = load_contract(name)
        self._table: Mapping[str, Any] = target["contracts"][name]
        things = {**self._contract.things, **self._table.get("things", {})}
        self._things = {n: source for n, source in things.items() if source["from"] in target["contracts"]}
        self.endpoint = self._endpoint()

    def _endpoint(self) -> Endpoint:
        table, contract = self._table, self._contract
        outside = {**contract.outside_of(contract.path), **table.get("outside", {})}
        last = PARAMETER.findall(contract.path)[-1:]
        made_elsewhere = contract.created_ids == OWN_URL and any(name in self._things for name in last)
        for name, source in table.get("things", {}).items():
            if name not in self._things:
                self._wrong(f"things.{name}", f"the target has no contract {source['from']!r}; name one that it has")
            if name.startswith("path/"):
                self._wrong(f"things.{name!r}", f"a path parameter is named alone: things.{name.removeprefix('path/')}")
            if not self._has_place(tuple(name.split("/"))):
                self._wrong(f"things.{name!r}", "requests have no such place; of a member of a list, `*` stands for it")
            if source["id"].startswith("$response") and source["id"] != LOCATION:
                self._wrong(f"things.{name}.id", f"{source['id']} is not read; an id comes by JSONPath, or {LOCATION}")
        return Endpoint(
            contract=contract.name,
            base_url=self._base_url(table.get("base_url", "http://127.0.0.1")),  # a wrong one is told already
            authentication=self._authentication(),
            path=self._path(outside),
            tenant=self._tenant(),
            situations=self._situations(outside),
            outside=outside,
            created_ids=table.get("created_ids", "" if made_elsewhere else contract.created_ids),
            creates=table.get("creates", not made_elsewhere),
            disposable=table.get("disposable", False),
            things=self._things,
            refuses=contract.refuses | set(table.get("refuses", ())),
            timeout=float(self._target.get("timeout", 30)),
            patience=float(self._target.get("patience", 2)),
            requests_per_second=int(self._target.get("requests_per_second", 0)),
            connections=int(self._target.get("connections", self._connections())),
            verify=self._verify(),
            budget=Budget(**self._target.get("budget", {})),
        )

    def _has_place(self, place: tuple[str, ...]) -> bool:
        """Whether requests may have a place, as far as a file describes their bodies at all."""
        asked = [c.place for c in self._contract.clauses.values() if c.kind is Kind.REQUEST and c.place]
        described = any(len(one) > 1 for one in asked if one[0] == place[0])
        return not described or place[0] != "body" or any(one[: len(place)] == place for one in asked)

    def _said(self, key: str, message: str) -> str:
        said = f"{shortened(key, _LONGEST)}: {shortened(message, 2 * _LONGEST)}"  # names of a file's own have no end
        return f"{self._file}: contracts.{self._contract.name}.{said}"

    def _wrong(self, key: str, message: str) -> None:
        self.mistakes.append(self._said(key, message))

    def _value(self, key: str, name: str) -> str:
        """The value of a variable; something else for one that is not set."""
        if not self._environment.get(name):
            asks = f"the environment variable {name} is not set; export it and run again"
            self.unset.setdefault(name, self._said(key, asks))
        return self._environment.get(name) or INVALID

    def _base_url(self, template: str) -> str:
        """The base URL without its last slash."""
        url = expanded(template, partial(self._value, "base_url")).rstrip("/")
        mistake = "" if self.unset.keys() & set(VARIABLE.findall(template)) else url_mistake(url)
        if mistake:
            self._wrong("base_url", mistake)
        return url

    def _connections(self) -> int:
        """How many requests may be in flight where the file doesn't say: one where others work, too."""
        url = expanded(self._table.get("base_url", ""), lambda name: self._environment.get(name, INVALID))
        return 1 if self._target.get("live") or url_mistake(url) or not is_loopback(url) else 4

    def _verify(self) -> bool | str:
        """Whether certificates are verified, or by which file of authorities beside the target's own."""
        if "ca_bundle" not in self._target:
            return bool(self._target.get("verify_tls", True))
        try:
            bundle = beside(self._file, "ca_bundle", self._target["ca_bundle"])
            mistake = why_no_authority(bundle)
        except UserError as error:
            self.mistakes.append(f"{self._file}: {error.message}")
            return True
        if mistake:
            cure = "give the PEM file of your company's authority"
            self.mistakes.append(f"{self._file}: ca_bundle: {bundle} {mistake}; {cure}")
        return str(bundle)

    def _authentication(self) -> dict[str, Credentials]:
        clauses = self._contract.clauses.values()
        known = [c.keyword for c in clauses if c.kind is Kind.AUTHENTICATION and c.keyword != NONE]
        ways = {}
        for name, facts in self._table.get("authentication", {}).items():
            if known and name not in known:
                self._wrong(f"authentication.{name}", f"no such way to authenticate is known; there are {_all(known)}")
            ways[name] = self._credentials(f"authentication.{name}.headers", facts["headers"])
        return ways

    def _credentials(self, key: str, templates: Mapping[str, str]) -> Credentials:
        for header, template in templates.items():
            plain = key.startswith("situations") and not _SECRET.search(header)  # as a condition is, such as If-Match
            if not VARIABLE.search(template) and not plain:
                cure = 'a secret stands in an environment variable, as in "Bearer ${API_TOKEN}"'
                self._wrong(f"{key}.{header}", cure)
            for name in secret_names(template):
                if len(self._value(key, name)) < SHORTEST:
                    few = f"has fewer than {SHORTEST} characters, too few to be struck out of reports"
                    self._wrong(key, f"the value of {name} {few}")
                elif is_ordinary(self._value(key, name), self._contract) and not self._target.get("embedded"):
                    self._wrong(key, f"the value of {name} is a word that every report says; have it changed")
        found = Credentials(templates, {n: expanded(t, partial(self._value, key)) for n, t in templates.items()})
        self.unsendable += [self._said(key, found.unsendable)] if found.unsendable else []
        return found

    def _path(self, outside: Mapping[str, Any]) -> dict[str, str]:
        given = self._table.get("path", {})
        self._check_parameters("path", given, outside)
        for name in PARAMETER.findall(self._contract.path):
            if name not in given and name not in self._things and self._contract.file is None:
                self._wrong("path", f"the path {self._contract.path} needs a value for {name}")
        return dict(given)

    def _check_parameters(self, key: str, given: Mapping[str, str], outside: Mapping[str, Any]) -> None:
        """Note the names that no path has: of the contract, or of those that read and delete beside it."""
        own = [self._contract.path] if self._contract.file else list(self._contract.openapi["paths"])
        beside = PARAMETER.findall(" ".join(str(facts.get("path")) for facts in outside.values()))
        known = [*dict.fromkeys([*PARAMETER.findall(" ".join(own)), *(n for n in beside if n not in _OURS)])]
        for name in given.keys() - known:
            self._wrong(f"{key}.{name}", f"no path has this parameter; there are {_all(known)}")

    def _tenant(self) -> Tenant:
        given = self._table.get("tenant", {})
        places = tenant_places(self._contract)
        for place, schema in given.items():
            if not self._contract.at(steps_of(self._contract, place)) and place not in places:
                queries = [f"query/{name}" for name in parameters_of(self._contract, "query")]
                own = self._contract.clauses.values() if self._contract.file else ()
                attributes = [c.place[1] for c in own if c.place[:1] == ("body",) and len(c.place) == 2]
                there = _all(dict.fromkeys([*places, *queries, *attributes]))
                self._wrong(f"tenant.{place!r}", f"requests have no such place; there are {there}")
                continue
            try:
                Draft202012Validator.check_schema(schema)
                for mistake in filter(None, map(why_not, patterns_in(schema))):
                    raise StrategyError(mistake)  # noqa: TRY301 - all that is wrong with a schema ends alike
                prove(self._contract, Tenant({place: schema}))
                self._check_drawn(place, schema)
            except (SchemaError, StrategyError, re.error) as error:
                said = getattr(error, "message", str(error))
                self._wrong(f"tenant.{place!r}", f"no values can be drawn from it: {said}")
        for place, required in places.items():
            if required and place not in given:
                self._wrong("tenant", f"every request needs `{place}`; give a JSON Schema of what it takes")
        known = frozenset(self._table.get("path", {})) if self._contract.file is None else frozenset[str]()
        return Tenant(given, known)

    def _check_drawn(self, place: str, given: Mapping[str, Any]) -> None:
        """Raise StrategyError where nothing at all can be drawn, which would be left out of requests without a word."""
        whole = schema_at(request_schema(self._contract, Tenant({place: given})), steps_of(self._contract, place))
        for schema in _with_inner(whole or given):
            plain_value(self._contract, schema)
            for example in schema.get("examples", ()):
                if not keeps(schema, example):
                    raise StrategyError(f"the example {str(example)[:40]!r} does not keep its other keywords")

    def _situations(self, outside: Mapping[str, Any]) -> dict[str, Situation]:
        known, situations = self._contract.situation_fields, {}
        for name, facts in self._table.get("situations", {}).items():
            key, headers = f"situations.{name}", facts.get("headers")
            if name not in known:
                self._wrong(key, f"no clause needs this; there are {_all(known)}")
                continue
            if not any(facts.values()):
                self._wrong(key, "it is empty; give path, headers, body or fields, or leave it out")
            self._check_parameters(f"{key}.path", facts.get("path", {}), outside)
            for field in facts.get("fields", {}).keys() - {needed.partition(".")[0] for needed in known[name]}:
                self._wrong(f"{key}.fields.{field}", f"no clause needs this; there are {_all(known[name])}")
            usual = [way["headers"] for way in self._table.get("authentication", {}).values()]
            if headers in usual and facts.keys() == {"headers"}:
                self._wrong(f"{key}.headers", "these are the usual credentials, which show nothing else; give others")
            credentials = self._credentials(f"{key}.headers", headers) if headers else None
            told = {word: facts.get(word, {}) for word in ("path", "body", "fields")}
            situations[name] = Situation(name, credentials=credentials, **told)
        return situations


def is_ordinary(secret: str, contract: Contract) -> bool:
    """Whether a secret stands in our own words or in ids of clauses: struck out there, too, nothing could be read."""
    return secret.lower() in f"{_WORDS} {' '.join(contract.clauses)}".lower() and secret != INVALID


def _all(names: Any) -> str:
    return ", ".join(names) or "none"


def _with_inner(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and those of its attributes and members."""
    if isinstance(schema, Mapping) and schema.keys() & {"type", "enum", "const", "anyOf", "oneOf", "allOf"}:
        yield schema
        for child in (*schema.get("properties", {}).values(), schema.get("items")):
            yield from _with_inner(child)
