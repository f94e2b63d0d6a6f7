r"""One redaction for a whole run: `$NAME` stands in place of every secret, however it is spelled.

A server may echo a secret in any of the ways in which software writes text down. Each character of a secret is
looked for as it is, in either letter case, as JSON, Python and JavaScript escape it (`\/`, `\u002F`, `\x2f`, doubled
backslashes), percent-encoded (`%2f`, `%252F`, `+`) and as HTML has it (`&sol;`, `&#47;`, `&#x2F;`), in any mixture;
and the whole of it as hex (`74:6f`, `0x74, 0x6f` too), as a list of bytes (`[116, 111]`), and as Base64, wherever in a
longer Base64 text it lies, as in `Basic base64(user:secret)`.
"""

from __future__ import annotations

import re
import string
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from html.entities import html5
from typing import Any

SHORTEST = 6  # characters; shorter secrets are parts of ordinary words, and striking them out would garble the rest

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_URL_SAFE = {"+": "-", "/": "_"}


class Redaction:
    """Strikes secrets out of texts; `secrets` names the environment variable of each secret value.

    Whoever shortens a text does so after it was redacted: of a secret that was cut in two no pattern knows.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets: list[tuple[str, _Spellings]] = []
        self._known: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Strike these out too, from now on: a token may be renewed while a run goes on."""
        longest_first = sorted(secrets.items(), key=lambda secret: -len(secret[0]))
        new = [(value, name) for value, name in longest_first if value and value not in self._known]
        self._secrets = [*self._secrets, *((f"${name}", _Spellings(value)) for value, name in new)]
        self._known |= secrets.keys()

    def text(self, text: str) -> str:
        """`text` with the variable's name in place of every secret; of secrets that overlap, all the names."""
        found = [(*span, name) for name, spellings in self._secrets for span in spellings.spans(text)]
        if not found:
            return text
        found.sort(key=lambda one: (one[0], -one[1]))
        parts, end = [], 0
        for start, stop, name in found:
            if stop > end:  # else it lies within one that is struck out already
                parts += [text[end:start], name]
                end = stop
        return "".join([*parts, text[end:]])

    def row(self, value: Any) -> Any:
        """A JSON value with every string in it redacted, names of attributes too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.row(name): self.row(member) for name, member in value.items()}
        return [self.row(member) for member in value] if isinstance(value, list | tuple) else value


class _Spellings:
    """The patterns that find one secret in time linear in the text.

    That of the escapes begins with a set of characters, since Python's `re` passes over all others fast. Each of the
    others goes with a plain part of it without which it cannot match, and is tried only where the text has that.
    """

    def __init__(self, secret: str) -> None:
        garbled = secret.encode(errors="replace").decode("latin-1")  # UTF-8, as the headers of an answer are read
        self._escaped = [re.compile(_escaped(variant)) for variant in dict.fromkeys([secret, garbled])]
        cased = [one.encode(errors="replace") for one in dict.fromkeys([secret, secret.lower(), secret.upper()])]
        whole = [
            *map(_hex, cased),
            *map(_decimal, cased[:1]),
            *(_base64(one, offset) for one in cased for offset in range(3)),
        ]
        self._whole = [(part, re.compile(pattern)) for part, pattern in whole]

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the secret stands in a text."""
        lowered = text.lower()
        for pattern in [*self._escaped, *(pattern for part, pattern in self._whole if part in text or part in lowered)]:
            for match in pattern.finditer(text):
                yield match.span()


def _escaped(secret: str) -> str:
    """Every character in any spelling; a run of backslashes is one, since each layer doubles them.

    Such a run in the text is entered at its first one alone, or else its length would count twice.
    """
    first, *others = (run[0] for run in re.findall(r"\\+|.", secret, re.DOTALL))
    beginning = rf"[{_literal(first)}%&\\](?<!\\\\)(?:{'|'.join(_spelled(first, passed=True))})"
    doubled = f"(?:{'|'.join(_spelled(first))}){{0,32}}" if first == "\\" else ""
    return beginning + doubled + "".join(map(_character, others))


def _character(char: str) -> str:
    return f"(?:{'|'.join(_spelled(char))})" + ("{1,32}" if char == "\\" else "")


def _literal(char: str) -> str:
    """What stands between the brackets of a set for a character as it is."""
    return "".join(map(re.escape, _cases(char))) + ("+" if char == " " else "")


def _spelled(char: str, *, passed: bool = False) -> Iterator[str]:
    """The alternatives for one character; with `passed`, the first character of each has been matched already."""
    begun = (r"(?<={})" if passed else "{}").format
    for one in _cases(char):
        codes = [rf"#0{{0,6}}{ord(one)}", rf"#[xX]0{{0,6}}{_digits(f'{ord(one):x}')}", *map(re.escape, _names(one))]
        entity = rf"(?:amp;){{0,4}}(?:{'|'.join(codes)});?"
        for octets in _octets(one):
            yield begun("%") + "%".join(rf"(?:25){{0,4}}{_digits(f'{octet:02x}')}" for octet in octets)
        yield begun("&") + entity
        yield rf"\\*+(?<=\\)(?:{'|'.join(_backslashed(one))}|(?:u0026|x26){entity})"
    if char == "\\":
        yield begun(r"\\") + r"\\*+"
    else:
        yield begun(f"[{_literal(char)}]") if passed else rf"\\*+[{_literal(char)}]"


@cache
def _names(char: str) -> list[str]:
    """What HTML calls a character, as in `&sol;`."""
    return sorted({name.rstrip(";") for name, meant in html5.items() if meant == char}, key=len, reverse=True)


def _octets(char: str) -> list[bytes]:
    """A character in UTF-8, and in Latin-1 where that has it."""
    both = [char.encode(errors="replace"), char.encode("latin-1", errors="ignore")]
    return [octets for octets in dict.fromkeys(both) if octets]


def _backslashed(char: str) -> Iterator[str]:
    """How JSON, Python and JavaScript escape a character, after the backslashes."""
    code = ord(char)
    units = char.encode("utf-16-be", errors="surrogatepass")
    yield r"\\++".join(f"u{_digits(units[at : at + 2].hex())}" for at in range(0, len(units), 2))
    yield rf"u\{{0{{0,6}}{_digits(f'{code:x}')}\}}"
    yield f"U{_digits(f'{code:08x}')}"
    if code < 256:
        yield f"{code:03o}"
    for octets in _octets(char):  # as Python shows bytes
        yield r"\\++".join(f"x{_digits(f'{octet:02x}')}" for octet in octets)


def _cases(char: str) -> list[str]:
    return [one for one in dict.fromkeys([char, char.lower(), char.upper()]) if len(one) == 1]


def _digits(code: str) -> str:
    """Hexadecimal digits in either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in code)


def _hex(secret: bytes) -> tuple[str, str]:
    pairs = [f"{octet:02x}" for octet in secret]
    return pairs[0], r"[\s:,-]{0,2}(?:0[xX])?".join(map(_digits, pairs))


def _decimal(secret: bytes) -> tuple[str, str]:
    first, *others = map(str, secret)
    return first, rf"(?<!\d){first}" + "".join(rf",\s*{octet}" for octet in others) + r"(?!\d)"


def _base64(secret: bytes, offset: int) -> tuple[str, str]:
    """The longest plain run and the pattern of a secret that begins `offset` bytes into a group of three.

    The characters at either end carry bits of what stands beside it, so each is one of several.
    """
    encoded = b64encode(bytes(offset) + secret).decode().rstrip("=")
    bits = 8 * (offset + len(secret))
    whole, spare = divmod(bits, 6)
    head = (0, 2, 3)[offset]
    core = encoded[head:whole]
    low = {0: [], 1: [(n << 4) | secret[0] >> 4 for n in range(4)], 2: [(n << 2) | secret[0] >> 6 for n in range(16)]}
    high = [_ALPHABET.index(encoded[whole]) | n for n in range(1 << (6 - spare))] if spare else []
    ends = ["".join(_ALPHABET[n] for n in numbers) for numbers in (low[offset], high)]
    before, after = (f"(?:{'|'.join(map(_of_base64, end))})?" if end else "" for end in ends)
    pattern = before + "".join(map(_of_base64, core)) + after + "(?:=|%3[dD]){0,2}"
    return max(re.findall(r"[A-Za-z0-9]*", core), key=len), pattern


def _of_base64(char: str) -> str:
    """A character of Base64 in either alphabet, and as URLs and JSON escape it."""
    if char.isalnum():
        return char
    return f"(?:{_character(char)}|{_character(_URL_SAFE[char])})"
