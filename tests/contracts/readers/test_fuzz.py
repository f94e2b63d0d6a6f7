"""Damaged pages: whatever is read, it is a contract or one clear sentence."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable

import pytest

from contracts.errors import DocumentError
from contracts.readers.facts import side_of
from contracts.readers.reading import read_page
from contracts.readers.text import decoded
from contracts.readers.writer import contract_of
from tests.contracts.readers.making import FORMS, MAKERS, Api, Field

BODY = (
    Field("colour", ("string", "null"), required=True, says=(("maxLength", 12), ("minLength", 1))),
    Field("kind", ("integer",), says=(("enum", [1, 2]),)),
    Field("masts[].height", ("number",), says=(("default", 7),)),
    Field("tags", ("array",), ("string",)),
)
API = Api(query=BODY[:2], body=BODY, answer=BODY, listed=True)
PAGES = [MAKERS[layout](API, form) for layout, forms in FORMS.items() for form in forms]
PIECES = (
    "|", "\t", "\n", "\n\n", "{", "}", "[", "]", '"', "'", "null", "string", "required", "enum", "Default: ", "200",
    "<td>", "</table>", "```", "# ", "GET /", "https://", "\u200b", "\x0b", "é", "\\", "• ", "Deprecated: use",
    "Schema",
    "Array of ", "---|---|", "{{x}}", "-1", "9" * 30, "Example:", "Available options:", "Name", "Responses", "logo",
    "&lt;", "\x00", "🙂",
)  # fmt: skip


def damaged(page: str, chance: random.Random) -> str:
    """A page with a few accidents: a cut, lines lost, doubled or swapped, strange pieces, a second page within."""
    for _ in range(chance.randint(1, 6)):
        lines = page.split("\n")
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        accident = chance.randrange(7)
        if accident == 0:
            page = page[: chance.randrange(len(page) + 1)]
        elif accident == 1:
            page = "\n".join(lines[:at] + lines[at + chance.randint(1, 8) :])
        elif accident == 2:
            lines[at], lines[other] = lines[other], lines[at]
            page = "\n".join(lines)
        elif accident == 3:
            page = "\n".join([*lines[:at], *lines[min(at, other) : at + 5], *lines[at:]])
        elif accident == 4:
            place = chance.randrange(len(page) + 1)
            page = page[:place] + chance.choice(PIECES) * chance.choice((1, 1, 1, 40)) + page[place:]
        elif accident == 5:
            page = "\n".join([*lines[:at], *chance.choice(PAGES).split("\n")[other : other + 9], *lines[at:]])
        else:
            lines[at] = "".join(chance.sample(lines[at], len(lines[at])))
            page = "\n".join(lines)
    return page


def read(text: str) -> bool:
    """Whether it was read; raises what is no clear sentence."""
    try:
        page = read_page(decoded(text.encode(), "page.txt"), "page.txt")
    except DocumentError as error:
        refusal = error.message
    else:
        refusal = ""
    if refusal:
        assert re.fullmatch(r"page\.txt .{10,}", refusal), refusal
        return False
    contract = contract_of(page, {"file": "page.txt", "lines": page.total}, "page")
    everything = set(range(1, page.total + 1))
    assert page.cited | page.prose | page.unknown | page.blank | set().union(*page.silent.values()) == everything
    for one in page.operations:
        assert one.method
        assert one.addresses[0].path.startswith("/")
        assert all(a.lines and a.lines <= everything for a in one.attributes)
    json.dumps(contract)
    side_of("p", contract)
    return True


def test_damaged_pages_give_a_contract_or_one_sentence(rounds: Callable[[int], range]) -> None:
    good = 0
    for number in rounds(10_000):
        chance = random.Random(number)
        good += read(damaged(chance.choice(PAGES), chance))
    assert good > 200  # they are not all refused


@pytest.mark.longest
def test_a_hundred_thousand_damaged_pages(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--fuzz"):
        pytest.skip("100,000 damaged pages: --fuzz")
    for number in range(20_000, 120_000):
        chance = random.Random(number)
        read(damaged(chance.choice(PAGES), chance))


def test_noise_is_refused() -> None:
    for number in range(2000):
        chance = random.Random(number)
        assert not read("".join(chance.choice((*PIECES, "word ", "It is so. ")) for _ in range(chance.randint(1, 200))))
