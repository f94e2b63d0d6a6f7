"""The kinds of behaviour: statements in prose, each asked by one test, with the parameters that a contract gives it.

A contract's `x-behaviours` name a kind and its parameters; this table checks them, explains them
(`python -m contracts behaviours`) and is all that a new contract needs, so that none needs a test of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonpath
from jsonpath import JSONPathError

from contracts.errors import ContractError
from contracts.model import Level, Lines

NAME = re.compile(r"\{([\w.-]+)\}")  # a path parameter, something that the situation's `fields` say, or `fresh`
FRESH = "fresh"  # text that nobody has sent before
COMMON = ("kind", "level", "lines", "sentence", "needs")
_CURE = "`python -m contracts behaviours` explains them"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What one parameter means wherever it stands, the form that it has in words, and what checks that form."""

    says: str
    form: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class BehaviourKind:
    """What a kind states; the parameters that it needs, those of which it needs one, and those that it may have.

    `batches`: it is about operations that create several records at a time.
    """

    says: str
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    batches: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """All that it takes."""
        return (*self.needs, *self.one_of, *self.may)


def _is_place(value: Any) -> bool:
    return isinstance(value, str) and value != "" and all(value.split("/"))


def _is_jsonpath(value: Any) -> bool:
    try:
        jsonpath.compile(NAME.sub("name", value))
    except (JSONPathError, TypeError):
        return False
    return bool(value.startswith("$"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _are(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and value != [] and all(map(fits, value))


def _by(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and bool(value) and all(map(fits, value))


_PLACE, _PATH, _VALUES = "a place such as records/*/{code}", "a JSONPath", "a map of places to values"
PARAMETERS: Mapping[str, Parameter] = {
    "request": Parameter(
        "where in the request's body; `{name}` alone: a path parameter of the operation", _PLACE, _is_place
    ),
    "answer": Parameter("where in the answer", _PATH, _is_jsonpath),
    "stored": Parameter("where in the record that is read back", _PATH, _is_jsonpath),
    "answers": Parameter("where in the answer further ids stand", "a list of JSONPaths", _are(_is_jsonpath)),
    "value": Parameter(
        "what is sent there, unless the target says what the place takes; in `default`, what is there afterwards",
        "any JSON value", lambda _: True,
    ),
    "put": Parameter("what the request holds besides", _VALUES, _by(_is_place)),
    "drop": Parameter("what the request leaves out", "a list of places", _are(_is_place)),
    "with": Parameter("what makes the difference: the twin leaves it out", _VALUES, _by(_is_place)),
    "without": Parameter("what makes the difference: the twin has it", _VALUES, _by(_is_place)),
    "address": Parameter("another path of the contract, to which the request goes", "a path template", _is_text),
    "same": Parameter("where both answers hold the same", _PATH, _is_jsonpath),
    "beside": Parameter("the situation in which the other answer comes; else it is the control's", "a name", _is_text),
    "query": Parameter("the query parameters that decide", "a map of texts", _by(_is_text)),
    "attributes": Parameter("the only attributes that come", "a list of names", _are(_is_text)),
    "refusal": Parameter(
        "what it means when the value is refused", "upheld, broken or undetermined",
        {"upheld", "broken", "undetermined"}.__contains__,
    ),
    "assigned": Parameter("the endpoint gives a value of its own", "true", lambda value: value is True),
    "settable": Parameter("outside the situation the value is set", "true", lambda value: value is True),
    "unchanged": Parameter("the page says that not even the spelling changes", "true", lambda value: value is True),
    "ids": Parameter("the ids themselves are in order", "ascending", {"ascending"}.__contains__),
    "text": Parameter("a place that takes any text in a situation that refuses a record", _PLACE, _is_place),
}  # fmt: skip

_WHERE = ("answer", "stored")
KINDS: Mapping[str, BehaviourKind] = {
    "echo": BehaviourKind("What was sent is found again.", ("request",), _WHERE, ("unchanged",)),
    "stored": BehaviourKind("A created record can be read back."),
    "ids-differ": BehaviourKind("No id comes twice.", may=("answers",)),
    "created": BehaviourKind("The time is that of the creation.", one_of=_WHERE),
    "link": BehaviourKind("A URL leads to the record.", ("stored",)),
    "count": BehaviourKind("As many come as were sent.", ("request", "answer")),
    "projection": BehaviourKind("Query parameters decide which attributes come.", ("query", "attributes")),
    "default": BehaviourKind(
        "What is left out gets this value, or one that the endpoint assigns.", (), _WHERE, ("request", "value", "put")
    ),
    "left-alone": BehaviourKind(
        "A value that is sent does not become the record's: it is ignored, assigned by the endpoint, or not settable.",
        ("request", "value", "refusal"), _WHERE, ("assigned", "settable", "put"),
    ),
    "unique": BehaviourKind("A value that another record holds is refused, a fresh one taken.", ("request", "value")),
    "accepted": BehaviourKind(
        "In another situation, at another address or in another form, the request is taken too; with `answer` or "
        "`same`, what the answer shows is judged, and not whether it is taken.",
        may=("put", "drop", "address", "answer", "same", "beside"),
    ),
    "refused": BehaviourKind(
        "In a situation (a right or a scope that is missing), or for one value more or less, the request is refused.",
        may=("put", "with", "without"),
    ),
    "order": BehaviourKind("Records keep the order in which they were sent.", may=("ids",), batches=True),
    "atomic": BehaviourKind("When one record is refused, none is added.", may=("text",), batches=True),
}  # fmt: skip


def check_behaviours(contract: str, openapi: Mapping[str, Any]) -> None:
    """Raise ContractError, with file, place and cure, for the first behaviour that nothing can be asked of."""
    for name, facts in openapi.get("x-behaviours", {}).items():
        for mistake in _mistakes(facts, openapi["paths"]):
            raise ContractError(f"{contract}.yaml: x-behaviours.{name}: {mistake}")


def _mistakes(facts: Any, paths: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(facts, Mapping) or facts.get("kind") not in KINDS:
        found = facts.get("kind", "missing") if isinstance(facts, Mapping) else "missing"
        yield f"its kind is {found!r}, and must be one of {', '.join(KINDS)}; {_CURE}"
        return
    kind = KINDS[facts["kind"]]
    yield from _mistaken_common(facts)
    takes = f"{facts['kind']} takes {', '.join(kind.parameters) or 'no parameters'}"
    yield from (f"there is no parameter {key!r}; {takes}" for key in facts if key not in {*COMMON, *kind.parameters})
    yield from (f"it needs {key!r}, {PARAMETERS[key].form}; {takes}" for key in kind.needs if key not in facts)
    if kind.one_of and len(set(kind.one_of) & set(facts)) != 1:
        yield f"it needs one of {' or '.join(kind.one_of)}; {takes}"
    for key in set(kind.parameters) & set(facts):
        if not PARAMETERS[key].fits(facts[key]):
            yield f"{key} is {facts[key]!r}, and must be {PARAMETERS[key].form}; {_CURE}"
    path, item = next(iter(paths.items()))
    if kind.batches and not item["post"].get("x-created", {}).get("each"):
        yield "it is about several records of one request; say at x-created.each of the operation where they stand"
    if facts.get("address", path) not in paths:
        yield f"address is {facts['address']!r}, and must be one of the paths {', '.join(paths)}"
    known = {*NAME.findall(path), FRESH}
    for word in NAME.findall(str({key: facts[key] for key in facts if key not in {"sentence", "address", "text"}})):
        if word not in known and "needs" not in facts:
            yield f"{{{word}}} is no path parameter; name the situation whose `fields` say it under `needs`"


def _mistaken_common(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"it has no {key!r}; add it" for key in ("level", "lines", "sentence") if key not in facts)
    if facts.get("level", Level.STATED) not in list(Level):
        yield f"its level is {facts['level']!r}, and must be {' or '.join(Level)}"
    try:
        Lines.parse(facts.get("lines", 1))
    except ValueError:
        yield f"its lines are {facts['lines']!r}, and must be like 11-14, 18"


def explained() -> Iterator[str]:
    """The table for people, a line at a time."""
    for name, kind in KINDS.items():
        yield f"{name}: {kind.says}"
        told = [*kind.needs, " | ".join(kind.one_of), *(f"[{key}]" for key in kind.may)]
        if kind.parameters:
            yield f"    {', '.join(words for words in told if words)}"
    yield ""
    yield "Parameters; those in brackets may be left out:"
    for key, parameter in PARAMETERS.items():
        yield f"  {key:11} {parameter.says} ({parameter.form})"
    yield ""
    yield f"Each has {', '.join(COMMON[:-1])} as well, and `needs` where the target must have a situation."
    yield "{name} in a place, a JSONPath or a value is a path parameter, or what the situation's `fields` say of it"
    yield f"(a.b looks inside), and {{{FRESH}}} is text that was never sent before."
