"""Redaction: whatever a server does to a secret, nobody gets it back out of what is shown."""

from __future__ import annotations

import html
import json
import re
import string
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from endpoints.redaction import SHORTEST, Redaction

MARKS = "!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\" "
TOKENS = st.text(string.ascii_letters + string.digits + "+/=_-.", min_size=SHORTEST, max_size=60)
PASSWORDS = st.text(string.ascii_letters + string.digits + MARKS + "äßñ€語😀", min_size=SHORTEST, max_size=24)
SECRETS = TOKENS | PASSWORDS
AROUND = st.text(string.printable + "é\u2028😀", max_size=12)
Spelling = Callable[[str, Random], str]


def some(spelled: Callable[[str, Random], str]) -> Spelling:
    """A spelling of any subset of the characters."""
    return lambda text, random: "".join(spelled(char, random) if random.random() < 0.7 else char for char in text)


def in_any_case(code: str, random: Random) -> str:
    return "".join(random.choice([digit.lower(), digit.upper()]) for digit in code)


def percent(char: str, random: Random) -> str:
    return "".join(f"%{in_any_case(f'{octet:02x}', random)}" for octet in char.encode())


def json_escape(char: str, random: Random) -> str:
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{in_any_case(units[at : at + 4], random)}" for at in range(0, len(units), 4))


def decimal(char: str, random: Random) -> str:
    return f"&#{'0' * random.randrange(3)}{ord(char)};"


def hexadecimal(char: str, random: Random) -> str:
    return f"&#{random.choice('xX')}{in_any_case(f'{ord(char):x}', random)};"


def named(char: str, _: Random) -> str:
    name = next((name for name, meant in html.entities.html5.items() if meant == char and name.endswith(";")), "")
    return f"&{name}" if name else char


def within_base64(encode: Callable[[bytes], bytes]) -> Spelling:
    def spelled(text: str, random: Random) -> str:
        before, after = random.randbytes(random.randrange(7)), random.randbytes(random.randrange(7))
        encoded = encode(before + text.encode() + after).decode()
        return random.choice([encoded, encoded.rstrip("=")])

    return spelled


SPELLINGS: dict[str, Spelling] = {
    "as it is": lambda text, _: text,
    "upper case": lambda text, _: text.upper() if len(text.upper()) == len(text) else text,
    "mixed case": some(lambda char, _: char.swapcase() if len(char.swapcase()) == 1 else char),
    "JSON": lambda text, _: json.dumps(text),
    "JSON with slashes escaped": lambda text, _: json.dumps(text, ensure_ascii=False).replace("/", "\\/"),
    "JSON in JSON": lambda text, _: json.dumps(json.dumps(text).replace("/", "\\/")),
    "JSON escapes": some(json_escape),
    "JSON escapes, doubled": some(lambda char, random: json_escape(char, random).replace("\\", "\\\\")),
    "percent": some(percent),
    "percent twice": lambda text, random: quote(some(percent)(text, random), safe=""),
    "a URL": lambda text, _: quote(text, safe=""),
    "a form": lambda text, _: quote_plus(text),
    "Base64": within_base64(b64encode),
    "Base64 for URLs": within_base64(urlsafe_b64encode),
    "Base64 in PHP's JSON": lambda text, random: within_base64(b64encode)(text, random).replace("/", "\\/"),
    "Base64 in a URL": lambda text, random: quote(within_base64(b64encode)(text, random), safe=""),
    "hex": lambda text, random: random.choice([str.lower, str.upper])(text.encode().hex()),
    "hex with marks": lambda text, random: text.encode().hex(random.choice(": -")),
    "hex in a list": lambda text, random: random.choice([", ", ","]).join(f"0x{one:02x}" for one in text.encode()),
    "a list of bytes": lambda text, random: str([*text.encode()]).replace(", ", random.choice([",", ", "])),
    "HTML": lambda text, _: html.escape(text),
    "HTML, decimal": some(decimal),
    "HTML, hexadecimal": some(hexadecimal),
    "HTML, named": some(named),
    "HTML twice": lambda text, random: html.escape(some(decimal)(text, random)),
    "HTML in JSON": lambda text, random: some(decimal)(text, random).replace("&", "\\u0026"),
    "repr": lambda text, _: repr(text),
    "ascii": lambda text, _: ascii(text),
    "bytes": lambda text, _: repr(text.encode()),
    "garbled": lambda text, _: text.encode().decode("latin-1"),
}


def decoded(text: str) -> Iterator[str]:
    """Everything that somebody who looks for a secret would try on a text, twice over; none of it is our code."""
    texts = {text}
    for _ in range(2):
        texts |= {form for one in texts for form in _once(one)}
    yield from texts


def _once(text: str) -> Iterator[str]:
    yield from (unquote(text), unquote_plus(text), html.unescape(text), text.replace("\\/", "/"))
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    unescaped = re.sub(r"\\x([0-9a-fA-F]{2})", lambda code: chr(int(code[1], 16)), unescaped)
    unescaped = unescaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    yield from (unescaped, re.sub(r"\\+([^ux])", r"\1", unescaped), unescaped.replace("\\\\", "\\"))
    yield text.encode("latin-1", "replace").decode(errors="replace")
    if re.fullmatch(r".*?\[[\d, ]+\].*", text, re.DOTALL):
        listed = [int(one) for one in re.findall(r"\d+", text.partition("[")[2])]
        yield bytes(one for one in listed if one < 256).decode(errors="replace")
    for run in re.findall(r"(?:[0-9a-fA-F]{2}){4,}", re.sub(r"0x|[\s:,-]", "", text)):
        yield bytes.fromhex(run).decode(errors="replace")
    for run in re.findall(r"[A-Za-z0-9+/_-]{6,}", text):
        for start in range(4):
            part = run[start:].translate(str.maketrans("-_", "+/"))
            octets = (
                b64decode(part[: len(part) // 4 * 4])
                if len(part) % 4 == 1
                else b64decode(part + "=" * (-len(part) % 4))
            )
            yield octets.decode(errors="replace")


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(max_examples=20, deadline=None)
@given(SECRETS, AROUND, AROUND, st.randoms(use_true_random=False))
@example("abc/de+f g", "", "", Random(1))
@example("\\\\a\\\\nb\\", "\\", "\\", Random(1))
@example("%25&amp;%41", "%", "25", Random(1))
def test_no_spelling_of_a_secret_is_left(spelling: str, secret: str, before: str, after: str, random: Random) -> None:
    text = before + SPELLINGS[spelling](secret, random) + after
    shown = Redaction({secret: "NAME"}).text(text)
    assert "$NAME" in shown
    for form in decoded(shown):
        assert secret.lower() not in form.lower().replace("$name", "\0")


@settings(max_examples=100, deadline=None)
@given(SECRETS, st.text(max_size=200) | st.text("\\%&+;#=ux0123abc", max_size=200))
def test_a_text_without_secrets_stays_as_it_is(secret: str, text: str) -> None:
    shown = Redaction({secret: "NAME"}).text(text)
    if shown != text:
        assert any(secret.lower() in form.lower() for form in decoded(text)), "something else was struck out"


def test_ordinary_texts_stay_as_they_are() -> None:
    secrets = {"sk_live_51abcdefGHIJ": "A", "hunter2hunter2": "B", "abcdef": "C"}
    for text in ('{"title": "a b c d e f", "url": "https://x/?a=b%20c&amp;d"}', "abcde", "\\u0061bcde", "YWJjZG", ""):
        assert Redaction(secrets).text(text) == text


def test_what_stands_beside_a_secret_is_kept() -> None:
    redaction = Redaction({"t0ken/secret": "TOKEN"})
    assert redaction.text('{"a": "t0ken\\/secret", "b": 1}') == '{"a": "$TOKEN", "b": 1}'
    assert redaction.text("?t=t0ken%2Fsecret&u=1") == "?t=$TOKEN&u=1"
    basic = b64encode(b"somebody:t0ken/secret").decode()
    shown = redaction.text(f"Basic {basic}, and more")
    assert shown == "Basic c29tZWJvZHk6$TOKEN, and more"


def test_the_longest_secret_is_named_and_overlapping_ones_are_all_gone() -> None:
    redaction = Redaction({"abcdef": "SHORT", "abcdef-ghijkl": "LONG", "ghijkl-mnopqr": "OTHER"})
    assert redaction.text("<abcdef-ghijkl>") == "<$LONG>"
    assert redaction.text("<abcdef>") == "<$SHORT>"
    assert redaction.text("<abcdef-ghijkl-mnopqr>") == "<$LONG$OTHER>"
    assert Redaction({}).text("abcdef") == "abcdef"


def test_a_row_is_redacted_everywhere() -> None:
    row = {"t0ken-secret": ["t0ken-secret", 1, None, {"x": "T0KEN-SECRET"}], "y": 1.5, "z": True}
    assert Redaction({"t0ken-secret": "T"}).row(row) == {"$T": ["$T", 1, None, {"x": "$T"}], "y": 1.5, "z": True}


@pytest.mark.parametrize(
    "unit",
    ['{"id": 12, "a": "b \\"c\\" d", "url": "https://x/?a=1&b=%20"}, ', "\\", "%25", "&amp;", "s", "\\u0073", "&#115"],
)
def test_time_is_linear_in_the_text(unit: str) -> None:
    """A text of twice the length may take four times as long: a quadratic pattern would take a minute and more."""
    redaction = Redaction({"sk-live_9/aB+c=d&3 \\x": "A", "\\\\\\\\\\\\s": "B", "%25%25%25%25": "C", "sssssssst": "D"})
    redaction.text(unit * 1000)
    seconds = []
    for size in (2**18, 2**19):
        started = time.process_time()
        redaction.text(unit * (size // len(unit)))
        seconds.append(time.process_time() - started)
    assert seconds[1] < 4 * seconds[0] + 0.1
