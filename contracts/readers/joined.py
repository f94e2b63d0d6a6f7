"""Rows whose cells run together, `titlerequiredstringminLength: 1The title`, parted at the likeliest places."""

from __future__ import annotations

import re

from contracts.readers import words

_ARRAY = r"array(?: of (?:(?:string|number|integer|object)s|[a-z]+))?"  # the words first that end before a description
_WORD = rf"(?:null|string|number|integer|boolean|object|{_ARRAY}|enum|any)"
TYPE = re.compile(rf"{_WORD}(?: \|\|? {_WORD})*")
LABEL = re.compile(r"([A-Za-z_$@][\w$.\[\]{}@-]*?)\s*(required)?\s*(Deprecated\b.*)?")
_ROW = re.compile(rf"(required)?({TYPE.pattern})(.*)")
_GOES_ON = re.compile(rf"[ _.]|{_WORD} \|")  # with a sentence, a longer name, or the type itself
_ENDING = re.compile(r"\s|(?:s|ed|ings?|ers?|al|ent|ified|ification|ions?|ives?|able|i[sz]\w*)\b")  # of a word


def named(text: str) -> list[str] | None:
    """A name with the words that run into it; a name may itself be such a word, or end with it (`is_required`)."""
    found = LABEL.fullmatch(text)
    if not found or (found[2] and found[1].endswith(("_", "-", "."))):
        return None
    return [part for part in found.groups() if part] if found[2] or found[3] else None


def joined(text: str) -> list[str] | None:
    """A row whose cells run together; of several ways to part it the one with the likeliest name and rest."""
    best: tuple[int, list[str]] = (3, [])
    for end in range(1, min(len(text), 80)):
        found = _ROW.match(text[end:])
        if not re.fullmatch(r"[A-Za-z_$@][\w$.\[\]{}@-]*", text[:end]):
            break
        if not found or _GOES_ON.match(found[3]):
            continue
        rest = found[3]
        bounds = words.bounds_of(rest, run=True)[0]
        if text[0].isupper() and not (found[1] or bounds or re.match(r"[A-Z\[]", rest)):  # the word of a sentence
            continue
        whole = not text[:end].endswith(("_", "-", "."))
        plain = not rest or not rest[0].islower() or bounds or (found[2] == "enum" and _blanks(rest))
        score = 4 * (whole and bool(found[1])) + 2 * whole + rest[:1].isupper()
        score += 2 * bool(plain or re.match(r"[\w.-]+ \| \S", rest)) or (text[0].islower() and not _ENDING.match(rest))
        if score >= best[0]:
            best = (score, [part for part in (text[:end], found[1], found[2]) if part] + _constraint(rest, found[2]))
    return best[1] or named(text)


def _constraint(text: str, kind: str) -> list[str]:
    """Constraints and description, where they run together; constraints may follow values."""
    cell, said = _parted(text, kind)
    return [cell, *_constraint(said, "")] if cell and words.bounds_of(said, run=True)[0] else [cell, said]


def _parted(text: str, kind: str) -> list[str]:
    bounds, rest = words.bounds_of(text, run=True)
    values = re.match(r"\[[^\]]*\]", rest)
    if bounds or values:
        cut = len(text) - len(rest) + (values.end() if values else 0)
        return [text[:cut].strip(), text[cut:].strip()]
    bars = re.match(r"[\w.-]+(?: \| [\w.-]+)+", text)
    if bars:
        first, _, last = bars[0].rpartition(" | ")
        word = words.split_run(last)[0]
        if word != last or bars.end() == len(text):
            return [f"{first} | {word}", text[bars.end() - len(last) + len(word) :].strip()]
    return (_blanks(text) if kind == "enum" else None) or ["", text]


def _blanks(text: str) -> list[str] | None:
    """Values divided by blanks, the last of which runs into a description."""
    tokens = text.split(" ")
    found: list[str] = []
    for index, token in enumerate(tokens):
        explained = found if re.match("[-\u2013\u2014]$", "".join(tokens[index + 1 : index + 2])) else []
        tail = next((n for n in range(1, len(token)) if any(v.startswith(token[n:]) for v in explained)), 0)
        word = token[:tail] if tail else words.split_run(token)[0]
        if not re.fullmatch(r"[a-z0-9_][\w.-]*|[A-Z][A-Z0-9_]+", word):
            return None
        found.append(word)
        if word != token or index + 1 == len(tokens):
            rest = " ".join([token[len(word) :], *tokens[index + 1 :]])
            return [" | ".join(found), rest] if len(found) > 1 and word != token else None
    return None
