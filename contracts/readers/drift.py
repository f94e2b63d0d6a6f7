"""What changed between two versions of a page: facts that came, went or differ, each classed by one table of rules.

The table speaks in oasdiff's terms (https://github.com/oasdiff/oasdiff): a change is judged by its direction, since a
wider type is additive in a request and breaking in an answer. What stands below the end of a text that is cut, or what
its form cannot show, or a line that was not understood names, is unknown, and never called removed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from enum import StrEnum
from typing import NamedTuple

from contracts.model import Json, Lines
from contracts.readers.facts import BOUNDS, LOWER, UPPER, Fact, Key, Side

Facts = Mapping[Key, Fact]
_Text = tuple[str, int]  # with its line
_VALUES = (*BOUNDS, "type", "enum", "format")


class Class(StrEnum):
    """What a change means for a client that follows the old page, the worst first."""

    BREAKING = "breaking"
    UNKNOWN = "unknown"
    ADDITIVE = "additive"
    EDITORIAL = "editorial"


class Rule(NamedTuple):
    """One row of the table: what changed and how, in which direction, its class, its name, and why."""

    kind: str
    change: str
    direction: str
    judged: Class
    name: str
    why: str


_B, _A, _E = Class.BREAKING, Class.ADDITIVE, Class.EDITORIAL
RULES = tuple(
    Rule(*row)
    for row in (
        ("operation", "removed", "any", _B, "api-removed", "calls of it fail"),
        ("operation", "added", "any", _A, "api-added", "nobody calls it yet"),
        ("method", "changed", "any", _B, "api-method-changed", "calls by the old method fail"),
        ("path", "changed", "any", _B, "api-path-changed", "calls of the old path fail"),
        ("server", "removed", "any", _B, "server-removed", "calls to the old server may fail"),
        ("server", "added", "any", _A, "server-added", "the old server stays"),
        ("security", "removed", "any", _B, "api-security-removed", "those who authenticate so are refused"),
        ("security", "added", "any", _A, "api-security-added", "another way to authenticate takes none away"),
        ("scope", "added", "any", _B, "api-security-scope-added", "tokens without it are refused"),
        ("scope", "removed", "any", _A, "api-security-scope-removed", "tokens with it still do"),
        ("media", "removed", "request", _B, "request-body-media-type-removed", "bodies of it are refused"),
        ("media", "added", "request", _A, "request-body-media-type-added", "another form is taken"),
        ("status", "removed", "success", _B, "response-success-status-removed", "clients wait for it"),
        ("status", "added", "success", _A, "response-success-status-added", "success in another guise"),
        ("status", "removed", "error", _A, "response-non-success-status-removed", "it no longer comes"),
        ("status", "added", "error", _A, "response-non-success-status-added", "errors were to be expected"),
        ("name", "removed", "request", _B, "request-property-removed", "what is sent there may be refused or lost"),
        ("name", "added", "request", _A, "new-optional-request-property", "requests without it are still taken"),
        ("name", "required", "request", _B, "new-required-request-property", "requests without it are refused"),
        ("name", "removed", "response", _B, "response-property-removed", "clients may rely on it"),
        ("name", "added", "response", _A, "response-property-added", "clients ignore what they don't know"),
        ("required", "narrowed", "request", _B, "request-property-became-required", "requests without it are refused"),
        ("required", "widened", "request", _A, "request-property-became-optional", "requests with it are still taken"),
        ("required", "narrowed", "response", _A, "response-property-became-required", "it always comes"),
        ("required", "widened", "response", _B, "response-property-became-optional", "it may be missing"),
        ("default", "any", "request", _B, "request-property-default-value-changed", "leaving it out differs now"),
        ("default", "any", "response", _E, "response-property-default-value-changed", "an answer says its value"),
        ("deprecated", "any", "any", _E, "property-deprecated", "it works until it is removed"),
        ("readOnly", "added", "request", _B, "request-property-became-read-only", "what is sent is refused or lost"),
        ("readOnly", "removed", "request", _A, "request-property-became-writable", "nothing that was sent is lost"),
        ("readOnly", "any", "any", _E, "property-read-only-changed", "answers stay as they are"),
        ("value", "narrowed", "request", _B, "request-property-narrowed", "values that were taken may be refused"),
        ("value", "widened", "request", _A, "request-property-generalized", "all that was taken is taken still"),
        ("value", "narrowed", "response", _A, "response-property-specialized", "only known values come"),
        ("value", "widened", "response", _B, "response-property-generalized", "values may come that no client knows"),
        ("value", "changed", "any", _B, "property-changed", "neither side takes all of the other's values"),
        ("prose", "any", "any", _E, "statement-changed", "a person must say what it means"),
    )
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what, both values and lines, its class and why; `id` stays the same when lines move."""

    operation: str
    about: str
    change: str
    old: Json
    new: Json
    old_lines: str
    new_lines: str
    judged: Class
    rule: str
    why: str

    @property
    def id(self) -> str:
        """The fingerprint by which a change is accepted."""
        text = json.dumps([self.operation, self.about, self.change, self.old, self.new], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def changes_between(old: Side, new: Side) -> list[Change]:
    """Every difference between two sides, the worst first."""
    found: list[Change] = []
    plain = _unnumbered if "status" in old.hidden | new.hidden else dict
    for name, before, after in _paired(old, new):
        if before is None or after is None:
            side, one = (old, after) if before is None else (new, before)
            fact = (one or {}).get(("operation", "", "method"), Fact(True))
            pair = (None, fact) if before is None else (fact, None)
            found.append(_change(name, ("operation", "", "operation"), *pair, known=side.shown is None))
            continue
        sides = plain(before), plain(after)
        keys = [key for key in dict.fromkeys([*sides[0], *sides[1]]) if not _covered(key, *sides)]
        found += (change for key in keys for change in _compared(name, key, *sides, old, new))
    once: dict[str, Change] = {}
    found += [*_prose(old, new), *_captions(old, new, found)]
    for change in found:  # an operation of several addresses changes once
        once.setdefault(json.dumps([change.about, change.change, change.old, change.new, change.new_lines]), change)
    order = list(Class)
    return sorted(once.values(), key=lambda change: (order.index(change.judged), change.operation, change.about))


def _paired(old: Side, new: Side) -> Iterator[tuple[str, Facts | None, Facts | None]]:
    """Operations of both sides by method and path; a lone one on each side is the same one."""
    names = list(dict.fromkeys([*old.operations, *new.operations]))
    alone = [
        [name for name in side.operations if name not in other.operations] for side, other in ((old, new), (new, old))
    ]
    if len(alone[0]) == len(alone[1]) == 1 and len(names) == 2:
        yield alone[1][0], old.operations[alone[0][0]], new.operations[alone[1][0]]
        return
    yield from ((name, old.operations.get(name), new.operations.get(name)) for name in names)


def _unnumbered(facts: Facts) -> Facts:
    """Facts with the number of success left out, and without errors: one of the forms has lost them."""
    kept = {key: fact for key, fact in facts.items() if not key[0][0].isdigit() or key[0][0] == "2"}
    return {("2XX" if key[0][0].isdigit() else key[0], *key[1:]): fact for key, fact in kept.items()}


def _covered(key: Key, before: Facts, after: Facts) -> bool:
    """Whether a difference is told by another: an answer, an attribute above, or the attribute itself came or went."""
    group, place, kind = key
    holders = [] if kind == "status" else [(group, "", "status")]
    ends = [found.start() for found in re.finditer(r"\.|\[\]|\{\}", place)] + ([] if kind == "name" else [len(place)])
    holders += [(group, place[:end], "name") for end in ends]
    return any((holder in before) != (holder in after) for holder in holders)


def _compared(name: str, key: Key, before: Facts, after: Facts, old: Side, new: Side) -> Iterator[Change]:
    one, other = before.get(key), after.get(key)
    implied = any(fact.implied for fact in (one, other) if fact)  # our reading, and no statement of the page
    if implied or (one and other and _same(one.value, other.value)):
        return
    group, place, kind = key
    lost = [side for side, fact in ((old, one), (new, other)) if fact is None or _unsaid(kind, fact)]
    known = all(side.whole(group) and kind not in side.hidden and not side.may_name(key) for side in lost)
    needed = kind == "name" and one is None and after.get((group, place, "required"), Fact(False)).value
    yield _change(name, key, one, other, known=known, needed=bool(needed))


def _unsaid(kind: str, fact: Fact) -> bool:
    """Whether the fact is made of silence: what is not called required is not, but what says so may stand below."""
    return kind == "required" and fact.value is False


def _change(name: str, key: Key, one: Fact | None, other: Fact | None, *, known: bool, needed: bool = False) -> Change:
    """A difference with its class; `known`: both sides would show it; `needed`: what is new must be sent."""
    group, place, kind = key
    old, new = one.value if one else None, other.value if other else None
    change = "added" if one is None else "removed" if other is None else "changed"
    rule = _rule(kind, "required" if needed and not group[0].isdigit() else _widened(kind, old, new) or change, group)
    told = (rule.judged, rule.name, rule.why) if known else (Class.UNKNOWN, "not-shown", _CANNOT)
    words = (group if group != "operation" else "", place, kind if kind not in (group, "name") else "")
    about = " ".join(word for word in words if word) or kind
    return Change(name, about, change, old, new, one.lines if one else "", other.lines if other else "", *told)


_CANNOT = "one of the texts is cut above it, its form cannot show it, or the line that names it was not understood"


def _rule(kind: str, change: str, group: str) -> Rule:
    """The first row of the table that fits."""
    answer = group[0].isdigit()
    directions = {"any", ("success" if group[0] == "2" else "error") if answer else "request"}
    directions |= {"response"} if answer or group.startswith("object:") else set()
    kinds = {kind, "value"} if kind in _VALUES else {kind}
    fitting = (r for r in RULES if r.kind in kinds and r.change in (change, "any") and r.direction in directions)
    return next(fitting, Rule(kind, change, "any", Class.BREAKING, f"{kind}-{change}", "it may matter to a client"))


def _widened(kind: str, old: Json, new: Json) -> str:
    """Whether more values fit than before, fewer, or others; nothing where that is no question."""
    if kind == "required":
        return "narrowed" if new else "widened"
    if kind not in _VALUES:
        return ""
    if old is None or new is None:
        return "narrowed" if old is None else "widened"
    if kind in ("type", "enum"):
        more, less = (_kinds(new), _kinds(old)) if kind == "type" else (set(map(str, new)), set(map(str, old)))
        return "widened" if less < more else "narrowed" if more < less else "changed"
    if kind in (*UPPER, *LOWER):
        return "widened" if (new > old) == (kind in UPPER) else "narrowed"
    return "changed"


def _kinds(types: list[str]) -> set[str]:
    return {*types, *(["integer"] if "number" in types else [])}


def _same(one: Json, other: Json) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(json.dumps, one)) == sorted(map(json.dumps, other))
    return bool(type(one) is type(other) and one == other)


def _prose(old: Side, new: Side) -> Iterator[Change]:
    """Sentences that came, went or were reworded; between two forms, and past a cut, none is said to have gone."""
    if not old.prose or not new.prose:
        return
    gone = [said for said in old.prose.items() if said[0] not in new.prose]
    come = [said for said in new.prose.items() if said[0] not in old.prose]
    for before, after in _reworded(gone, come):
        gone.remove(before)
        come.remove(after)
        yield _said(before, after)
    if old.form == new.form and new.shown is None:
        yield from (_said(said, None) for said in gone if not any(said[0] in line for line in new.unread))
    if old.form == new.form and old.shown is None:
        yield from (_said(None, said) for said in come)


def _captions(old: Side, new: Side, found: Sequence[Change]) -> Iterator[Change]:
    """What stands beside facts that are as before, such as a unit, in other words; of two texts of a form only."""
    cited = [[change.old_lines for change in found], [change.new_lines for change in found]]
    told = [{number for lines in side if lines for number in Lines.parse(lines).numbers} for side in cited]
    kept = [[said for said in side.captions if said[1] not in told[i]] for i, side in enumerate((old, new))]
    texts = [[text for text, _ in side] for side in kept]
    gone, come = (Counter(one) - Counter(other) for one, other in (texts, texts[::-1]))
    blocks = SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_opcodes() if old.form == new.form else ()
    for tag, start, end, start_of_new, end_of_new in blocks:
        if tag == "replace":
            here = [said for said in kept[0][start:end] if said[0] in gone]
            there = [said for said in kept[1][start_of_new:end_of_new] if said[0] in come]
            yield from (_said(*pair) for pair in _reworded(here, there))


def _reworded(gone: Sequence[_Text], come: Sequence[_Text]) -> list[tuple[_Text, _Text]]:
    """Texts with their lines that are nearly alike on both sides, in pairs."""
    pairs, left = list[tuple[_Text, _Text]](), list(come)
    for said in gone:
        for close in get_close_matches(said[0], [text for text, _ in left], 1, 0.6):
            pairs.append((said, left.pop([text for text, _ in left].index(close))))
    return pairs


def _said(old: _Text | None, new: _Text | None) -> Change:
    rule = next(rule for rule in RULES if rule.kind == "prose")
    change = "added" if old is None else "removed" if new is None else "changed"
    lines = (str(old[1]) if old else "", str(new[1]) if new else "")
    texts = (old and old[0], new and new[0])
    return Change("", "prose", change, *texts, *lines, rule.judged, rule.name, rule.why)
