"""One request and its response, as evidence: frozen.

What was answered is kept as it came, since it is judged; secrets are struck out of what is kept and shown of it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any, Final

import jsonpath

from contracts.contract import Contract
from contracts.model import Kind
from contracts.schema import is_of_types
from contracts.sentences import types_phrase
from contracts.text import harmless
from strategies.request import UTF_8, Request

NOT_JSON: Final = object()
_LONGEST = 20_000
_LARGE = 16 * 1024  # characters of an answer whose JSON value, often ten times as large, is not kept beside it
_MOST_DIGITS = 400  # of an integer: no double is as large (RFC 8259 section 6), and reading more takes its time
_OF_TIMING = {408, 425, 429}
_OF_RIGHTS = {401, 403}
_OF_GATEWAYS = {502, 503, 504}  # what stands before the endpoint says so, or that there is no time now


@dataclass(frozen=True)
class Exchange:
    """What was sent and what came. `status` is None, and `error` says why, when no whole answer came.

    `hollow` says why an answer of 2xx is none of success, as the contract describes it: a login page, say. `unsent`
    is true when surely nothing of the request reached the endpoint; `repeated` when another request got the very same
    answer; `refusing` when its status is one that the vendor refuses by, although it is no 4xx; `foreign` when it does
    not speak of the request: a page of a status that the contract does not name, as of a firewall, or that a thing is
    not there which this run has made. `strike` strikes secrets out of what is shown.
    `situation` names the target's situation that it was sent in; wrong credentials and none are such, too.
    `held_up` is how often it had to be sent again before, as when it was answered 429. `again` sends the very same
    request once more; what only reads has none.
    """

    request: Request
    method: str
    url: str
    headers: Mapping[str, str]
    content: str
    status: int | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""
    error: str = ""
    seconds: float = 0.0
    held_up: int = 0
    situation: str = ""
    hollow: str = ""
    repeated: bool = False
    unsent: bool = False
    refusing: bool = False
    foreign: bool = False
    strike: Callable[[str], str] = field(default=str, compare=False, repr=False)
    again: Callable[[], Exchange] | None = field(default=None, compare=False, repr=False)

    @property
    def succeeded(self) -> bool:
        """Answered with a 2xx status, whatever else the answer holds."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def accepted(self) -> bool:
        """Answered with a 2xx status, and as the contract says that success looks."""
        return self.succeeded and not self.hollow

    @property
    def refused(self) -> bool:
        """Answered with a 4xx status that speaks of the request itself, not of rights, credentials or haste."""
        of_request = self.status is not None and self.status // 100 == 4 and self.status not in _OF_TIMING | _OF_RIGHTS
        return of_request or self.refusing

    @property
    def denied(self) -> bool:
        """Refused for want of credentials, of rights or of anything else: any 4xx but those about timing."""
        return self.refused or self.status in _OF_RIGHTS

    @property
    def unanswered(self) -> bool:
        """No answer, or one that speaks of timing or of nothing: the same request may be answered another time."""
        of_other_things = self.status is None or self.status in _OF_TIMING | _OF_GATEWAYS
        return (of_other_things and not self.refusing) or self.foreign or bool(self.hollow)

    @property
    def blames_nothing(self) -> bool:
        """Whether an answer that is none of success accuses no request that keeps its clauses: it is about rights."""
        return self.unanswered or self.status in _OF_RIGHTS

    @property
    def crashed(self) -> bool:
        """Answered with a 5xx that is no refusal."""
        return self.status is not None and self.status // 100 == 5 and not self.refusing

    @property
    def failed(self) -> bool:
        """Nothing to judge by: no answer, a 5xx, or an answer about timing."""
        return not (self.accepted or self.denied)

    @property
    def json(self) -> Any:
        """The answer's body as a JSON value (RFC 8259, so without NaN), or NOT_JSON.

        Of integers beyond all doubles the first digits are read.
        """
        return self._small_json if len(self.answer) < _LARGE else _json(self.answer)

    @cached_property
    def _small_json(self) -> Any:
        return _json(self.answer)

    @property
    def is_page(self) -> bool:
        """Whether the answer is a page for people, as of a proxy or a login, instead of data."""
        return "html" in self.media_type or self.answer.lstrip()[:1] == "<"

    @property
    def media_type(self) -> str:
        """The answer's media type without parameters, in lower case; empty when none was sent."""
        return self.answer_headers.get("content-type", "").partition(";")[0].rpartition(",")[2].strip().lower()

    @property
    def outcome(self) -> str:
        """For people: `200 {"id": 42, …}`, `403 without a body`, or why there was no answer."""
        if self.status is None:
            return self.error
        body = shortened(self.shown_answer) if self.answer else "without a body"
        location = self.answer_headers.get("location", "") if 300 <= self.status < 400 else ""
        where = (
            f", redirected to {shortened(self.strike(location))}, which base_url may have to name" if location else ""
        )
        return f"{self.status} {body}{where}"

    @cached_property
    def shown_answer(self) -> str:
        """The beginning of the answer's body, without secrets."""
        begun = self.strike(self.answer[: 2 * _LONGEST])  # at whose end one may be cut in two
        return _cut(begun if len(self.answer) <= 2 * _LONGEST else begun[:-_LONGEST], len(self.answer))

    @cached_property
    def shown_url(self) -> str:
        """The URL without secrets."""
        return self.strike(self.url)

    @cached_property
    def shown_content(self) -> str:
        """The body that was sent, without secrets."""
        return self.strike(self.content)

    @property
    def curl(self) -> str:
        """A shell command that repeats the request; secrets are environment variables in it."""
        words = ["curl", "-X", self.method, shlex.quote(self.shown_url)]
        for name, value in self.headers.items():
            header = f"{name}: {value}"
            words += ["-H", f'"{header}"' if "$" in value else shlex.quote(header)]
        if self.request.encoding != UTF_8:
            written = _for_printf(self.shown_content.encode(self.request.encoding))
            return " ".join(["printf", written, "|", *words, "--data-binary", "@-"])
        if self.content or self.request.is_odd:
            words += ["-d", shlex.quote(harmless(self.shown_content))]
        return " ".join(words)

    @cached_property
    def plain(self) -> Mapping[str, Any]:
        """Request, response and curl command as a JSON object, long bodies cut with their lengths told.

        It is made once, however many verdicts show the exchange.
        """
        sent, came = self.shown_content, {n: self.strike(v) for n, v in self.answer_headers.items()}
        headers = {name: self.strike(value) for name, value in self.headers.items()}
        request = {"method": self.method, "url": self.shown_url, "headers": headers, "body": _cut(sent, len(sent))}
        response = {"status": self.status, "headers": came, "body": self.shown_answer, "error": self.error}
        return {"request": request, "response": response, "curl": self.curl if len(self.curl) <= _LONGEST else ""}


def _for_printf(content: bytes) -> str:
    """Bytes as the format of the shell's printf: those that print as they are, others by their octal numbers."""
    own = {ord("%"): "%%", ord("\\"): r"\134", ord("'"): r"\047"}
    return "'" + "".join(own.get(b, chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in content) + "'"


def _cut(text: str, length: int) -> str:
    return text if length <= _LONGEST else f"{text[:_LONGEST]}… (cut, {length:,} characters)"


@lru_cache(maxsize=1)
def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, parse_int=_integer)
    except (ValueError, RecursionError):
        return NOT_JSON


def found_at(path: str, value: Any) -> list[Any]:
    """The values at a JSONPath (RFC 9535); none in NOT_JSON.

    Matches hold one another, and the whole value, in cycles; these are cut, or large answers would pile up.
    """
    if isinstance(value, str):  # which the library would take for a JSON text
        return [value] if path == "$" else []
    if value is NOT_JSON:
        return []
    matches = list(_compiled(path).finditer(value))
    found = [match.obj for match in matches]
    for match in matches:
        above: Any = match
        while above is not None:
            above.children.clear()
            above = above.parent
    return found


@cache
def _compiled(path: str) -> jsonpath.JSONPath | jsonpath.CompoundJSONPath:
    return jsonpath.compile(path)


def _integer(digits: str) -> int:
    return int(digits[:_MOST_DIGITS])


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def shortened(text: str, most: int = 160) -> str:
    """`text` on one line, cut to `most` characters, with its whole length told when it was cut."""
    line = harmless(text[: most + 1])
    return line if len(line) <= most else f"{line[:most]}… ({len(text):,} characters)"


def abridged(content: str) -> str:
    """A request's body on one line, its long strings and long lists cut with their lengths told."""
    try:
        return shortened(json.dumps(_abridged(json.loads(content)), ensure_ascii=False), 400)
    except (ValueError, RecursionError):
        return shortened(content)


def _abridged(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 60:
        return f"{value[:8]}… ({len(value):,} characters)"
    if isinstance(value, list):
        shown = [_abridged(member) for member in value[:3]]
        return shown if len(value) <= 3 else [*shown, f"… ({len(value):,} members)"]
    return {name: _abridged(member) for name, member in value.items()} if isinstance(value, dict) else value


def is_foreign(contract: Contract, exchange: Exchange) -> bool:
    """Whether an answer is a page of a status that a contract does not name, as of a firewall before the endpoint."""
    bad = exchange.status is not None and exchange.status >= 400
    return bad and exchange.is_page and str(exchange.status) not in contract.statuses()


def hollowness(contract: Contract, exchange: Exchange) -> str:
    """Why an answer of 2xx is none of success as the contract describes it, or nothing.

    One whose body is of another JSON type altogether is none, nor one that is no JSON value: a page, or nothing.
    """
    if not exchange.succeeded:
        return ""
    for clause in contract.clauses.values():
        about_body = clause.kind is Kind.RESPONSE and clause.keyword == "type" and not clause.place
        if about_body and clause.status in {"2XX", str(exchange.status)}:
            text = exchange.answer if exchange.json is NOT_JSON else exchange.json
            if text == "" or not is_of_types(text, clause.schema["type"]):
                return f"answered {exchange.status}, but not with {types_phrase(clause.schema['type'])}, as success is"
    return ""
