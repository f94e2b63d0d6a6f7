"""What is known of an endpoint: its address, credentials, fields and situations, and what a run may spend on it.

The words that everything speaks which sends something; `reading` makes them out of a target file.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import jsonpath
from jsonschema import FormatChecker

from contracts.errors import UserError
from contracts.model import Json
from strategies.tenant import Tenant

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ENCODED = re.compile(r"base64\(([^()]*)\)")
_IN_A_SHELL = r"""$(printf %s "\1" | base64 | tr -d '\\n')"""
_UNSENDABLE = re.compile(r"^[ \t]|[ \t]$|[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")  # RFC 9110 section 5.5
_UNBOUNDED = 10**9
_HELD = 50  # records that are there at once, unless the target says otherwise
JSONPATHS = FormatChecker(formats=())  # beside it, a schema's formats are not looked at
INVALID = "invalid"
INVALID_CREDENTIALS, NO_CREDENTIALS = "invalid credentials", "no credentials"


@JSONPATHS.checks("json-path", raises=jsonpath.JSONPathError)
def _is_jsonpath(text: object) -> bool:
    return not isinstance(text, str) or jsonpath.compile(text) is not None


class TargetError(UserError):
    """A target file that is missing, is wrong, or needs a variable that is not set."""


def expanded(template: str, value: Callable[[str], str]) -> str:
    """A template with the value of each `${NAME}`; what stands in `base64(…)` is encoded then (RFC 4648 section 4)."""

    def filled(text: str) -> str:
        return VARIABLE.sub(lambda match: value(match[1]), text)

    encoded = _ENCODED.split(template)  # plain and encoded parts by turns
    return "".join(b64encode(filled(p).encode()).decode() if n % 2 else filled(p) for n, p in enumerate(encoded))


def secret_names(template: str) -> list[str]:
    """The variables of a template that hold secrets: what stands before a colon in `base64(…)` is a user's name."""
    return VARIABLE.findall(re.sub(r"(base64\()[^():]*:", r"\1", template))


@dataclass(frozen=True)
class Credentials:
    """Headers that authenticate: as sent (`headers`), shown with `$NAME` (`shown`), and as written (`templates`)."""

    templates: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def shown(self) -> dict[str, str]:
        """The headers as a shell writes them, with the names of environment variables instead of their values."""
        return {n: VARIABLE.sub(r"$\1", _ENCODED.sub(_IN_A_SHELL, text)) for n, text in self.templates.items()}

    @property
    def names(self) -> list[str]:
        """The environment variables that they are made of."""
        return VARIABLE.findall(" ".join(self.templates.values()))

    def filled(self, values: Mapping[str, str]) -> Credentials:
        """The same with these values in place of their variables; headers that need others stay as they are."""
        known = {n: text for n, text in self.templates.items() if set(VARIABLE.findall(text)) <= values.keys()}
        return replace(self, headers={**self.headers, **{n: expanded(t, values.__getitem__) for n, t in known.items()}})

    @property
    def unsendable(self) -> str:
        """Why no HTTP header can carry these (RFC 9110 section 5.5), or nothing."""
        for name, value in self.headers.items():
            if _UNSENDABLE.search(value):
                variables = " and ".join(VARIABLE.findall(self.templates[name]))
                return (
                    f"no HTTP header can carry the value of {variables}: it begins or ends with a blank or a line feed "
                    f"or has a control character or one beyond Latin-1; export it anew, as in TOKEN=$(cat file)"
                )
        return ""

    @property
    def invalid(self) -> list[Credentials]:
        """Credentials like these that nobody has: all of them wrong, then, of several headers, each by itself."""
        wrong = {name: expanded(template, lambda _: INVALID) for name, template in self.templates.items()}
        secret = [name for name, template in self.templates.items() if wrong[name] != template]
        alone = [{name: wrong[name]} for name in secret if len(secret) > 1]
        return [
            replace(self, templates={**self.templates, **w}, headers={**self.headers, **w}) for w in (wrong, *alone)
        ]


@dataclass(frozen=True)
class Situation:
    """A named way to make a target show an answer that an ordinary request cannot.

    `path` and `credentials` replace the usual ones; `body` is merged into a request's body (RFC 7396); `fields` is
    for the test that needs the situation. An ordinary one has no `name`. Unless it `holds` things, what stands within
    what its `path` names is made elsewhere: it is nobody's.
    """

    name: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    credentials: Credentials | None = None
    body: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    holds: bool = True


USUAL = Situation()  # the usual user, at the usual address
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
    outside: Mapping[str, Mapping[str, Any]]
    created_ids: str
    creates: bool
    disposable: bool
    things: Mapping[str, Mapping[str, Any]]
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

    def strangers(self, scheme: str = "") -> list[Situation]:
        """Those of people with credentials like those of a way to authenticate, which nobody has."""
        invalid = self.credentials(scheme, USUAL).invalid
        return [Situation(INVALID_CREDENTIALS, credentials=credentials) for credentials in invalid]
