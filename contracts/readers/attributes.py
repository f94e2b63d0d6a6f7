"""From a row of a table to an attribute: the words that may stand behind a type, in whatever layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from contracts.readers import words
from contracts.readers.page import ENTRY, MEMBER, Attribute, Operation, Page, steps_of
from contracts.readers.tables import Row
from contracts.readers.text import Document, Line

_NEEDED = {"yes": True, "required": True, "true": True, "no": False, "optional": False, "false": False,
           "conditional": None, "conditionally required": None}  # fmt: skip
_FLAG = re.compile(r"((?:header|query|path|cookie)?required)|deprecated|(read-only)|write-only|optional")
_LENGTH = re.compile(r"(Required|Minimum|Maximum) (?:(string|array) )?length: (\d+)(?: - (\d+))?(?: elements?)?")
_RANGE = re.compile(r"Required range: (?:(-?[\d.]+) (<=?) )?x(?: (<=?|>=?) (-?[\d.]+))?")
_SIGNS = {">": "exclusiveMinimum", ">=": "minimum", "<": "exclusiveMaximum", "<=": "maximum"}
_TURNED = {"<": ">", "<=": ">="}
_CLOSED = re.compile(r"Schema|(?:Show|Hide) child attributes")
_LISTING = re.compile(r"Available options:|.*\b(?:Possible|Valid|Allowed) values:")
_LATE_DEFAULT = re.compile(r"(.*\S) (Default value: \S+)")
_CONDITIONAL = re.compile(r"\b(?:only|depend\w*|if|when|unless|optional\w*|ignored)\b", re.IGNORECASE)
_QUOTED = re.compile(r"(?:[Aa]llowed|[Pp]ossible|[Vv]alid) values(?: are|:) ((?:\"[^\"]+\"(?:,? (?:or|and) |, )?){2,})")


@dataclass
class _Behind:
    """What stands behind the type of an attribute, as far as it was read: values, and what describes."""

    one: Attribute
    first: int  # where the lines of a keyword begin, or 0 where all are cited by the lines of the attribute
    kinds: re.Pattern[str] | None
    told: list[Line] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    mode: str = ""  # what the next lines are: an example, options with commas between them, or bullets
    depth: int = 0
    enum: bool = False
    typed: int = 0  # the index of the last type
    closed: int = 0  # the index behind a list of values in brackets

    def to(self, line: Line) -> range:
        """The lines of a keyword that ends at a line."""
        return range(self.first, line.number + 1) if self.first else range(0)

    def say_types(self, line: Line, first: int = 0) -> None:
        """Take a type, or an alternative to it."""
        self.enum |= words.say_types(self.one, line.text)
        if self.first:
            self.one.of.setdefault("type", set()).update(range(first or line.number, line.number + 1))

    def take(self, lines: Sequence[Line], index: int) -> None:
        """Take one line; `lines` begin with the type."""
        line, text, before = lines[index], lines[index].text, lines[index - 1].text
        if self.mode == "bullets" and text.strip("•") and not line.bullet:
            self.mode = ""
        if self.mode and text:
            self._value(line)
        elif not text or index < self.closed or _CLOSED.fullmatch(text):
            return
        elif _LISTING.fullmatch(text):
            self.mode = "options" if text.startswith("Available") else "bullets"
        elif text.startswith("Example:"):
            self.mode, self.depth = "example", 0
            if text != "Example:":
                self._value(replace(line, text=text.removeprefix("Example:")))
        elif not any(one.text for one in lines[1:index]) and self._needed(line):
            return
        elif self.kinds and self.kinds.fullmatch(text) and not before:
            self.say_types(line)
            self.typed = index
        elif line.bullet or not (self._flag(text) or self._rule(line) or self._values(lines, index)):
            self.told.append(line)

    def _value(self, line: Line) -> None:
        """A line of an example, which may be JSON, or of values: a bullet each, or with commas."""
        values, example, _ = line.text.partition(" Example:")
        if self.mode == "example":
            self.depth += len(re.findall(r"[{\[]", values)) - len(re.findall(r"[}\]]", values))
            self.mode = "example" if self.depth > 0 else ""
        elif line.text == "•":  # what is left of a value where a page is cut
            return
        elif self.options and not line.bullet and "," not in (line.text[0], self.options[-1][-1]):
            self.mode = ""
            self.told.append(line)
        else:
            self.options += [line.text] if line.bullet else re.findall(r",? ?[^,]+,?", values)
            self.mode = "example" if example else self.mode

    def _needed(self, line: Line) -> bool:
        """Take a cell that says whether the attribute is required, which no answer has."""
        known = line.text.lower() in _NEEDED and not self.one.where[0].isdigit()
        if known:
            self.one.required = _NEEDED[line.text.lower()]
            key = "required" if self.one.required else "optional"
            self.one.of |= {key: set(self.to(line))} if self.first else {}
        return known

    def _flag(self, text: str) -> bool:
        found = _FLAG.fullmatch(text) if not self.told else None
        if found and found[1]:
            self.one.required, self.one.ends["required"] = True, 0
        elif text == "deprecated" or text.startswith("[Deprecated]"):
            self.one.says["deprecated"] = True
        elif found and found[2]:
            self.one.says["readOnly"] = True
        return bool(found)

    def _rule(self, line: Line) -> bool:
        """Take bounds, a default or a format, and leave to the description what follows them."""
        length, span = _LENGTH.fullmatch(line.text), _RANGE.fullmatch(line.text)
        found, rest = words.bounds_of(line.text)
        if late := _LATE_DEFAULT.fullmatch(line.text):
            found, rest = words.bounds_of(late[2])[0], late[1]
        if length:
            noun = "Items" if (length[2] or next(iter(self.one.types), "")) == "array" else "Length"
            high = length[4] or (length[3] if length[1] != "Minimum" else "")
            self.one.says |= {f"min{noun}": int(length[3])} if length[1] != "Maximum" else {}
            self.one.says |= {f"max{noun}": int(high)} if high else {}
        elif span:
            pairs = ((_TURNED.get(span[2] or ""), span[1]), (span[3], span[4]))
            self.one.says |= {_SIGNS[sign]: words.value_of(value) for sign, value in pairs if sign}
        elif found and (late or not (rest and self.told)):
            words.say_bounds(self.one, found, self.to(line))
            lost = "default" in found and "default" not in self.one.says  # it doesn't fit the types
            self.told += [line if lost else replace(line, text=rest)] if lost or rest else []
        else:
            return False
        return True

    def _values(self, lines: Sequence[Line], index: int) -> bool:
        """Take values in brackets, perhaps a line each, or between bars in a cell of their own."""
        text = lines[index].text
        if text.startswith("["):
            self.closed = next((n for n in range(index, len(lines)) if lines[n].text.endswith("]")), index) + 1
            text = " ".join(line.text for line in lines[index : self.closed])
        elif not lines[index - 1].text or self.told:
            return False
        values = words.listed(text)
        words.say_enum(self.one, values)
        self.closed = self.closed if values else 0
        return bool(values)


def attribute_of(
    row: Row, where: str, page: Page, *, unsaid: bool | None = None, parts: bool = False,
    kinds: re.Pattern[str] | None = None,
) -> list[Attribute]:  # fmt: skip
    """The attribute of a row, and its members where the values of these are listed.

    `unsaid`: whether it is required where no word says so. `parts`: keywords are cited by lines of their own. `kinds`:
    types that may follow as alternatives.
    """
    one = Attribute(where, steps_of(where, row.name.text), row.lines)
    flags = [flag.text for flag in row.flags]
    behind = _Behind(one, row.name.number if parts and len(one.lines) > 1 else 0, kinds)
    one.required = True if where == "path" or "required" in flags else unsaid
    if any(flag.startswith("Deprecated") for flag in flags):
        one.says["deprecated"] = True
    if "required" in flags and behind.first:
        one.of["required"] = set(behind.to(row.flags[-1]))
    behind.say_types(row.kind, row.name.number)
    lines = [row.kind, *row.rest]
    last = max((n for n, line in enumerate(lines) if line.text), default=0)  # what is followed by more is whole
    for index in range(1, len(lines)):
        behind.take(lines, index)
        end = lines[index].number if max(index, behind.closed - 1) >= last else 0
        one.ends |= dict.fromkeys(one.says.keys() - one.ends.keys(), end)
    begun = lines[last].number == lines[behind.typed].number and words.begins_type(lines[last].text)  # an alternative
    one.ends["type"] = lines[last].number if behind.typed == last or begun else 0
    said = " ".join(line.text for line in behind.told)
    _between_the_lines(one, row.rest, said)
    words.say_format(one, said)
    words.to_decide(behind.told, page)
    if behind.enum and not behind.options and "enum" not in one.says:
        words.say_enum(one, words.described(said))
        if "enum" not in one.says and "enum" in row.kind.text:  # where its values end is not clear
            page.prose |= {line.number for line in behind.told} or {row.kind.number}
    if behind.options:
        one.ends["enum"] = lines[last].number if behind.mode in ("options", "bullets") else 0
    holder = one
    if "array" in one.types:
        holder = Attribute(where, (*one.steps, MEMBER), set(one.lines), list(one.items), ends=one.ends)
        holder.implied |= set() if one.items else {"*"}
    words.say_enum(holder, [words.value_of(value.strip(" ,"), holder.types) for value in behind.options])
    return [one, holder] if holder is not one and behind.options else [one]


def settle(operation: Operation, document: Document, page: Page, deciding: re.Pattern[str]) -> None:
    """What is known when all is read: whether there is a body, and which attributes of an answer a client may rely on.

    `deciding`: what a parameter of the query says that decides what an answer holds.
    """
    if not any(one.where == "body" for one in operation.attributes):
        page.quiet("header without a body", *operation.media_lines - page.silent.get("sample code", set()))
        if operation.method not in ("POST", "PUT", "PATCH"):
            operation.media, operation.media_lines = "", set()
    told = [(one, document.said(one.lines)) for one in operation.attributes]
    vary = any(deciding.search(said) for one, said in told if one.where == "query")
    for one, said in told:
        if one.where[0].isdigit():
            one.required = None if vary or ENTRY in one.steps or _CONDITIONAL.search(said) else True


def _between_the_lines(one: Attribute, lines: Sequence[Line], said: str) -> None:
    """What sentences say of values: it is implied at most."""
    bullets = [line for line in lines if line.bullet]
    values = [re.match(r"\"?([\w-]+)\"?(?=:|$)", line.text) for line in bullets]
    lead = lines[lines.index(bullets[0]) - 1].text if bullets and lines[0] is not bullets[0] else ""
    if len(values) > 1 and all(values) and re.search(r"(?<!values):$", lead) and "string" in one.types:
        words.say_enum(one, [value[1] for value in values if value], implied=True)
    elif quoted := _QUOTED.search(said):
        words.say_enum(one, re.findall(r"\"([^\"]+)\"", quoted[1]), implied=True)
    for keyword in ("default", "maximum"):
        found = re.search(rf"\b{keyword} is (-?\d+)\b", said)
        if found and keyword not in one.says and {"integer", "number"} & set(one.types):
            one.says[keyword] = int(found[1])
            one.implied.add(keyword)
