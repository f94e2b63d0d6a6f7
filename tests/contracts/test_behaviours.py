"""The table of behaviours: what a contract may say, and one sentence for what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from contracts.__main__ import main
from contracts.behaviours import KINDS, PARAMETERS, check_behaviours
from contracts.contract import load_contracts
from contracts.errors import ContractError

ECHO = {"kind": "echo", "level": "implied", "lines": 7, "sentence": "It is so.", "request": "a", "answer": "$.a"}
PATHS: dict[str, Any] = {"/things/{thing}": {"post": {}}}


def mistake(**changes: Any) -> str:
    facts = {name: value for name, value in {**ECHO, **changes}.items() if value is not None}
    with pytest.raises(ContractError) as caught:
        check_behaviours("own", {"paths": PATHS, "x-behaviours": {"echo/a": facts}})
    return caught.value.message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": None}, "its kind is 'missing', and must be one of echo, stored,"),
        ({"kind": "eco"}, "its kind is 'eco', and must be one of echo, stored,"),
        ({"level": None}, "it has no 'level'; add it"),
        ({"level": "loud"}, "its level is 'loud', and must be stated or implied"),
        ({"lines": "x"}, "its lines are 'x', and must be like 11-14, 18"),
        ({"sentence": None}, "it has no 'sentence'; add it"),
        ({"request": None}, "it needs 'request', a place such as records/*/{code}; echo takes request, answer"),
        ({"answer": None}, "it needs one of answer or stored"),
        ({"stored": "$.a"}, "it needs one of answer or stored"),
        ({"anwser": "$.a"}, "there is no parameter 'anwser'; echo takes request, answer, stored, unchanged"),
        ({"answer": "a"}, "answer is 'a', and must be a JSONPath; `python -m contracts behaviours` explains them"),
        ({"answer": "$[a"}, "answer is '$[a', and must be a JSONPath"),
        ({"request": "a//b"}, "request is 'a//b', and must be a place"),
        ({"unchanged": False}, "unchanged is False, and must be true"),
        ({"request": "a/{code}"}, "{code} is no path parameter; name the situation whose `fields` say it"),
        ({"kind": "order", "request": None, "answer": None}, "it is about several records of one request"),
        (
            {"kind": "accepted", "request": None, "answer": None, "address": "/other"},
            "address is '/other', and must be one of the paths /things/{thing}",
        ),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_sentence_with_file_place_and_cure(changes: dict[str, Any], words: str) -> None:
    message = mistake(**changes)
    assert message.startswith("own.yaml: x-behaviours.echo/a: ")
    assert words in message
    assert "\n" not in message


def test_what_is_no_map_is_told() -> None:
    with pytest.raises(ContractError, match=r"own\.yaml: x-behaviours\.a: its kind is 'missing'"):
        check_behaviours("own", {"paths": PATHS, "x-behaviours": {"a": "echo"}})


@pytest.mark.parametrize("changes", [{}, {"request": "{thing}"}, {"request": "a/{code}", "needs": "some-situation"}])
def test_what_is_right_is_taken(changes: dict[str, Any]) -> None:
    check_behaviours("own", {"paths": PATHS, "x-behaviours": {"a": {**ECHO, **changes}}})


def test_every_kind_and_parameter_is_explained_and_used() -> None:
    explained = CliRunner().invoke(main, ["behaviours"]).output
    assert all(f"{name}: {kind.says}" in explained for name, kind in KINDS.items())
    assert all(f"  {name:11} {parameter.says}" in explained for name, parameter in PARAMETERS.items())
    clauses = [clause for contract in load_contracts() for clause in contract.clauses.values() if clause.behaviour]
    assert {clause.behaviour for clause in clauses} == set(KINDS)
    taken = {parameter for kind in KINDS.values() for parameter in kind.parameters}
    assert taken == set(PARAMETERS)
    assert taken - {key for clause in clauses for key in clause.schema} == {"unchanged"}  # no page says so yet
