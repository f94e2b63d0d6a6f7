"""Files that are wrong in any way: mutations of a JSON document, by its structure and by its bytes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

HOSTILE: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, 7.0, 1e300, 10**14, 2**63, "", "x", "0", "1-999999999", "5-3", "²", "1e400",
    "\ud800", "\udc00\ud800", "\x00\x1b[31m\x7f\x9b", "a\r\n::error::b", "\u2028::error::", "\u202e", "##[error]x",
    "{", "\ufeff",
    "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "u" * 70, "x" * 5000, "é" * 300,
    "../../etc/passwd", "{{ 7 * 7 }}", "</script>", "`|`", "%s%n", [], [[]], [None], ["x"], [1, 2],
    {}, {"": ""}, {"x": {}},
    float("nan"), float("inf"), {"a\n::error::b": "\ud800"}, [{}], [[1, None]],
]  # fmt: skip
TEXTS = [
    "", "null", "[]", "{}", "[" * 5000, '{"a":' * 3000, '"' + "\\ud800" * 10 + '"', "1" * 10_000, "\x00" * 10, "{}{}",
    '{"format": "clausewise-verdicts/2"}', '{"format": "clausewise-record/1"}', '{"format": "clausewise-known/1"}',
    '{"format": ["clausewise-record/1"]}', '{"format": {}}', '{"format": 1' + "0" * 5000 + "}", "true",
]  # fmt: skip


def mutants(document: Any, random: Random, dump: Callable[[Any], str] = json.dumps) -> Iterator[bytes]:
    """Mutations of a document without end; its hostile values are all tried at every place sooner or later."""
    whole = dump(document).encode()
    yield from (text.encode() for text in TEXTS)
    yield from (whole.decode().encode(coding) for coding in ("utf-8-sig", "utf-16", "utf-32", "utf-16-le"))
    while True:
        changed = copy.deepcopy(document)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            _change(changed, random)
        text = dump(changed)
        if random.random() < 0.05:  # what no Python value can say
            number = random.choice(["1" * 10_000, "1e999", "-0", "1.0", "NaN", "[" * 3000, '{"a": 1, "a": 2}', "'x'"])
            digits = [at for at, char in enumerate(text) if char.isdigit() and text[at - 1] == " "]
            at = random.choice(digits or [0])
            text = text[:at] + number + text[at + 1 :]
        octets = text.encode()
        yield _damaged(octets, random) if random.random() < 0.3 else octets


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *_places(value[key])]]


def _change(document: Any, random: Random) -> None:
    places = _places(document)
    if not places:
        return
    container, key = random.choice(places)
    match random.randrange(6):
        case 0:
            del container[key]
        case 1 | 2 | 3:
            container[key] = copy.deepcopy(random.choice(HOSTILE))
        case 4:
            container[key] = copy.deepcopy(random.choice(random.choice(places)))
        case _ if isinstance(container, dict):
            container[random.choice([h for h in HOSTILE if isinstance(h, str)])] = container.pop(key)
        case _:
            container.append(copy.deepcopy(container[key]))


def _damaged(octets: bytes, random: Random) -> bytes:
    at = random.randrange(len(octets))
    match random.randrange(4):
        case 0:
            return octets[:at] + bytes([octets[at] ^ (1 << random.randrange(8))]) + octets[at + 1 :]
        case 1:
            return octets[:at]
        case 2:
            return octets[:at] + random.randbytes(random.randrange(1, 5)) + octets[at:]
        case _:
            return octets[:at] + octets[at + random.randrange(1, 50) :]
