"""Text that has lost the names of attributes: a description is joined to a name by the sample with its example."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from contracts.model import Json
from contracts.readers import words
from contracts.readers.page import PLACEHOLDER, Attribute, Operation, Page
from contracts.readers.samples import Place, Sample, Text, type_of
from contracts.readers.text import Line

_OPTIONS = re.compile(r",? ?[\w.:-]+(?:, [\w.:-]+)*,?")
_NULL = re.compile(r"\b(?:[Ii]f|or|be|is|as) null\b")
Known = Callable[[Line, Operation, Page], str]


@dataclass
class _Item:
    """A description whose name is lost, with the values and the example below it."""

    said: list[Line] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)

    def take(self, line: Line) -> bool:
        """Take values that stand below a description, or a word of it; False for another description."""
        text = line.text.removesuffix(" Example:")
        if self.said and _OPTIONS.fullmatch(text) and ("," in text or self.options):
            if not self.options and text.startswith(",") and " " not in self.said[-1].text:
                self.options.append(self.said.pop().text)
            self.options += [value for value in re.split(r",\s*", text.strip(", ")) if value]
        elif " " in text:
            return False
        else:
            self.said.append(line)
        self.lines.add(line.number)
        return True


def read_nameless(
    rest: Sequence[Line], samples: Sequence[Sample], operation: Operation, page: Page, known: Known
) -> None:
    """Descriptions and example values in the order of the page.

    `known` takes the lines that are neither: a `heading`, where the `answer` begins, or what is `taken` by a fact.
    """
    where, item = "", _Item()  # before the first heading nothing is described but the operation
    for line, example in _tokens(rest):
        kind = "" if example else known(line, operation, page)
        if example:
            item.lines |= example.lines
            page.prose |= set() if _join(item, example.value, where, samples, operation, page) else item.lines
            item = _Item()
        elif kind in ("heading", "answer"):
            page.prose |= item.lines
            named = {"Query Parameters": "query", "Body": "body"}.get(line.text, where or "body")
            where, item = ("2XX" if kind == "answer" else named), _Item()
        elif not kind and not item.take(line):
            page.prose |= item.lines
            item = _Item([line], [], {line.number})
    page.prose |= item.lines


def _tokens(rest: Sequence[Line]) -> Iterator[tuple[Line, Place | None]]:
    """Lines of words, and example values; a value may stand behind words, and words behind a value."""
    text = Text(rest)
    offset = 0
    for index, line in enumerate(rest):
        start, end = text.starts[index], text.starts[index + 1] - 1
        while (start := max(start, offset)) < end:
            shown = text.text[start:end]
            begin = re.match(r"((?:[\w.:-]+)(?:, [\w.:-]+)* )?(?=[\"{\[]|(?:-?\d+(?:\.\d+)?|true|false|null)$)", shown)
            places, offset = text.json_at(start + begin.end()) if begin else ([], start)
            words_end = begin.end() if begin and places else len(shown)
            if shown[:words_end].strip():
                yield Line(line.number, shown[:words_end].strip() + ("," if places else ""), shown), None
            if places:
                yield line, places[0]
            else:
                offset = end


def _join(item: _Item, value: Json, where: str, samples: Sequence[Sample], operation: Operation, page: Page) -> bool:
    """Give a description to the only place of a sample that holds its example value; False where there is none such."""
    found: dict[tuple[str, ...], set[int]] = {}
    for sample in samples:
        for place in {"2XX": sample.got, "body": sample.sent}.get(where, ()):
            if place.steps and place.value == value and type(place.value) is type(value):
                found.setdefault(place.steps, set()).update(place.lines)
    told = " ".join(line.text for line in item.said)
    lines = set(range(min(item.lines), max(item.lines) + 1))
    named = [a.steps[0] for a in operation.attributes if a.where == "path"]
    described = len(operation.attributes) > len(named)
    holders = PLACEHOLDER.findall(operation.addresses[0].path) if operation.addresses else []
    free = [name for name in holders if name not in named]
    if where and len(found) == 1 and told:
        one = Attribute(where, next(iter(found)), lines.union(*found.values()))
        kind = type_of(value)
        one.add_types([kind, *(["null"] if _NULL.search(told) else [])] if kind else [])
        if value in item.options:
            words.say_enum(one, item.options, implied=True)
    elif where == "body" and free and told and isinstance(value, str) and not described:
        one = Attribute("path", (free[0],), lines | operation.addresses[0].lines, required=True, implied={"format"})
        words.say_enum(one, item.options, implied=True)
    else:
        return False
    words.say_format(one, told)
    one.implied &= set(one.says)
    words.to_decide(item.said, page)
    operation.attributes.append(one)
    return True
