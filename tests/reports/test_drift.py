"""Drift: every kind of change is told, classed, with both sides and an exchange; chance and small samples are not."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.contract import contract_names
from contracts.errors import UserError
from endpoints.mock.faults import CHANGES, FAULTS
from endpoints.mock.manners import MANNERS
from reports.drift.causes import compare
from reports.drift.changes import CHANCE, Class, Drift, unlikely
from reports.drift.records import Record, record_of
from reports.terminal import drift_lines
from reports.verdicts import Verdicts
from suites.judgement import Outcome
from tests.helpers import a_tenth
from tests.matrix import run_on_mock
from tests.reports.making import NAME, SPACE, changed, exchange, judged, many, recorded, verdicts
from tests.reports.test_verdicts import strictly

ENOUGH = 8
Told = set[tuple[str, str, str]]


def told(drift: Drift) -> Told:
    return {(entry.id.removeprefix(f"{NAME}/"), str(entry.impact), entry.changes[0].kind) for entry in drift.entries}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (many(changed(more=1)), {("200/more", "additive", "appeared")}),
        (many(changed(more={"a": {"b": 1}})), {("200/more", "additive", "appeared")}),
        (many(changed(access=...)), {("200/access", "breaking", "vanished")}),
        (many(changed(users=...)), {("200/users", "breaking", "vanished")}),
        (many(changed(access=..., access_level="all")), {("200/access", "breaking", "renamed")}),
        (
            many(changed(access=..., access_level=3)),
            {("200/access", "breaking", "vanished"), ("200/access_level", "additive", "appeared")},
        ),
        (many(changed(id="1")), {("200/id", "breaking", "type")}),
        (many(changed(id=1.5)), set()),  # to JSON a number is a number; where the page says integer, its clause breaks
        (many(SPACE, 15) + many(changed(access=None), 15), {("200/access", "breaking", "nullable")}),
        (many(SPACE, 15) + many(changed(access=...), 15), {("200/access", "breaking", "optional")}),
        (many(changed(users=[{"id": 1}, {"id": 1, "uid": "x"}])), {("200/users/*/uid", "breaking", "optional")}),
        (many(changed(access="https://example.com/x")), {("200/access", "risky", "form")}),
        (many(SPACE, 24, status=201), {("status/200", "breaking", "renumbered")}),
        (many(SPACE, 15) + many("down", 15, status=503), {("status/503", "risky", "status")}),
        (many(SPACE, headers={"content-type": "text/json"}), {("media-type/200", "breaking", "media type")}),
        (many(SPACE, headers={"sunset": "Sat, 31 Dec 2027"}), {("header/sunset", "risky", "header")}),
        (many(SPACE, headers={"ratelimit-limit": "9"}), {("header/ratelimit-limit", "risky", "header")}),
        (many(SPACE, headers={"connection": "close"}), {("header/connection", "additive", "header")}),
        (many(SPACE), set()),
        (many(changed(title="another", access="other", settings={})), set()),
    ],
    ids=lambda value: " ".join(sorted(e[0] for e in value)) or "nothing" if isinstance(value, set) else "",
)
def test_each_kind_of_change(after: list[Any], expected: Told) -> None:
    drift = compare(recorded(many(SPACE, 30)), recorded(after))
    assert told(drift) == expected
    for entry in drift.entries:
        row = entry.row()
        assert row["before"]
        assert row["after"]
        assert row["before"] != row["after"]
        assert row["shown"]["response"]["status"] in {200, 201, 503}
    assert drift.too_few == []
    strictly("verdicts").validate(verdicts() | {"drift": drift.row()})


def test_the_exchange_shows_the_change() -> None:
    after = many(SPACE, 15) + many(changed(access=None), 15)
    (entry,) = compare(recorded(many(SPACE, 30)), recorded(after)).entries
    assert '"access": null' in entry.shown["response"]["body"]


def test_what_goes_back_is_told_too() -> None:
    one, other = recorded(many(SPACE)), recorded(many(changed(more=1, id="1")))
    assert told(compare(one, other)) == {("200/more", "additive", "appeared"), ("200/id", "breaking", "type")}
    assert told(compare(other, one)) == {("200/more", "breaking", "vanished"), ("200/id", "breaking", "type")}


@pytest.mark.long
def test_an_enum_that_gains_a_value_is_risky() -> None:
    one, other = run_of("kaiten-create-record", "ci"), run_of("kaiten-create-record", "ci")
    key = ("", "200", "value", "$.condition")
    section = other.sections["kaiten-create-record", "embedded mock"]
    times = section.seen[key]["active"]
    section.seen[key] = {"active": times // 2, "archived": times - times // 2}
    (entry,) = [e for e in compare(one, other).entries if e.id.endswith("200/condition")]
    assert (str(entry.impact), entry.changes[0].says) == (
        "risky", "`$.condition` has the new value archived in 200 answers.",
    )  # fmt: skip
    (back,) = [e for e in compare(other, one).entries if e.id.endswith("200/condition")]
    assert str(back.impact) == "additive"


def test_a_change_in_several_situations_is_one() -> None:
    def both(body: Any) -> list[Any]:
        return many(body) + many(body, situation="other")

    (entry,) = compare(recorded(both(SPACE)), recorded(both(changed(access=...)))).entries
    assert len(entry.changes) == 2


@pytest.mark.parametrize("values", [("2026-11-25T06:00:01Z", "2026-11-26T06:00:01Z"), ("12.5", "7.25"), ("59", "60")])
def test_a_rate_limit_that_counts_has_not_drifted(values: tuple[str, str]) -> None:
    one, other = (recorded(many(SPACE, headers={"x-ratelimit-reset": value})) for value in values)
    drift = compare(one, other)
    assert drift.entries == []
    assert drift.too_few == []


def test_notes_are_compared_too() -> None:
    one, other = ([("an unknown attribute", saw)] * ENOUGH for saw in ("accepted with 200", "refused with 400"))
    (entry,) = compare(recorded([], notes=one), recorded([], notes=other)).entries
    assert entry.sentence == "An unknown attribute: refused with 400; it was accepted with 200."
    assert entry.impact is Class.RISKY


def test_a_clause_goes_with_the_change_of_its_answers() -> None:
    names = ("200/access/required", "200/access/type", "200/id/type", "status/400", "400/message/type")
    before = [judged(name, Outcome.UPHELD) for name in names]
    broken = [Outcome.BROKEN, Outcome.UNDETERMINED, Outcome.BROKEN, Outcome.BROKEN, Outcome.UNDETERMINED]
    after = [judged(name, outcome, reason="x") for name, outcome in zip(names, broken, strict=True)]
    one = recorded(many(SPACE) + many({"message": "no"}, status=400), *before)
    other = recorded(many(changed(access=...)) + many({"message": "no"}, status=422), *after)
    drift = compare(one, other)
    clauses = {entry.id.removeprefix(f"{NAME}/"): sorted(entry.clauses) for entry in drift.entries}
    assert clauses == {
        "200/access": [f"{NAME}/200/access/required", f"{NAME}/200/access/type"],
        "200/id/type": [f"{NAME}/200/id/type"],
        "status/400": [f"{NAME}/400/message/type", f"{NAME}/status/400"],
    }
    assert {entry.impact for entry in drift.entries} == {Class.BREAKING}


@pytest.mark.parametrize(
    ("clause", "before", "after", "impact"),
    [
        ("200/id/type", Outcome.UPHELD, Outcome.BROKEN, Class.BREAKING),
        ("200/id/type", Outcome.UNEXERCISED, Outcome.BROKEN, Class.BREAKING),
        ("200/id/type", Outcome.BROKEN, Outcome.UPHELD, Class.ADDITIVE),
        ("200/id/type", Outcome.UNDETERMINED, Outcome.UPHELD, Class.ADDITIVE),
        ("200/id/type", Outcome.UPHELD, Outcome.UNEXERCISED, Class.RISKY),
        ("200/id/type", Outcome.UPHELD, Outcome.UNDETERMINED, Class.RISKY),
        ("200/content-type", Outcome.UPHELD, Outcome.BROKEN, Class.RISKY),  # which is only implied
    ],
)
def test_the_class_of_an_outcome_that_changed(clause: str, before: Outcome, after: Outcome, impact: Class) -> None:
    one, other = (recorded([], judged(clause, outcome, reason="x")) for outcome in (before, after))
    (entry,) = compare(one, other).entries
    assert (entry.id, entry.impact) == (f"{NAME}/{clause}", impact)
    assert (entry.row()["before"], entry.row()["after"]) == (str(before), str(after))


def test_a_dead_endpoint_is_one_change_a_contract() -> None:
    names = [f"200/{name}/type" for name in ("id", "uid", "title", "created", "updated")]
    one = recorded(many(SPACE), *(judged(name, Outcome.UPHELD) for name in names))
    other = recorded([], *(judged(name, Outcome.UNDETERMINED, reason="no connection") for name in names))
    (entry,) = compare(one, other).entries
    assert entry.sentence == f"5 clauses of {NAME} are undetermined now."
    assert entry.impact is Class.RISKY


def test_clauses_that_were_not_asked_have_not_drifted() -> None:
    one = recorded([], judged("200/id/type", Outcome.UPHELD))
    other = recorded([], judged("200/uid/type", Outcome.BROKEN))
    drift = compare(one, other)
    assert drift.entries == []
    assert drift.notes == [f"{NAME}: 1 clauses were not asked before, so they are not compared"]


@pytest.mark.parametrize(("before", "after", "is_told"), [(8, 8, True), (7, 8, False), (1, 1, False), (5, 100, True)])
def test_presence_needs_enough_exchanges_on_both_sides(before: int, after: int, is_told: bool) -> None:
    drift = compare(recorded(many(SPACE, before)), recorded(many(changed(access=...), after)))
    assert bool(drift.entries) is is_told
    assert drift.too_few == (
        [] if is_told else [f"{NAME}: `$.access` in 200: in {before} of {before} exchanges before, in 0 of {after} now"]
    )
    said = "\n".join(drift_lines(drift.row()))
    assert is_told or "1 differences rest on too few exchanges to be told from chance" in said


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_chance_is_the_same_both_ways(n: int, other_n: int, data: st.DataObject) -> None:
    k, other_k = data.draw(st.integers(0, n)), data.draw(st.integers(0, other_n))
    assert unlikely(k, n, other_k, other_n) == unlikely(other_k, other_n, k, n)
    assert unlikely(k, n, other_k, other_n) == unlikely(n - k, n, other_n - other_k, other_n)


def test_a_random_server_drifts_less_often_than_the_rule_says(rounds: Callable[[int], range]) -> None:
    """A thousand nights of an endpoint that leaves attributes out, and varies types, by chance."""
    dice = random.Random(4)
    shares = [dice.random() for _ in range(12)]

    def night() -> Record:
        return recorded(
            [
                exchange(
                    {f"a{n}": None if dice.random() < 0.3 else "x" for n, p in enumerate(shares) if dice.random() < p}
                )
                for _ in range(12)
            ]
        )

    nights = [night() for _ in rounds(1_000)]
    drifted = sum(bool(compare(one, other).entries) for one, other in pairwise(nights))
    assert drifted <= len(nights) * len(shares) * 2 * 3 / CHANCE  # three questions about each attribute, two ways


def test_records_that_cannot_be_compared() -> None:
    one, other = recorded(many(SPACE)), recorded(many(SPACE))
    other.run["profile"] = "nightly"
    with pytest.raises(UserError, match=r"is of profile ci and this run of nightly, .* compare runs of one profile"):
        compare(one, other)
    other = recorded(many(SPACE))
    other.sections = {("zendesk-create-record", "somewhere"): other.sections.popitem()[1]}
    with pytest.raises(UserError, match="have no contract in common"):
        compare(one, other)


def test_two_targets_can_be_compared() -> None:
    drift = compare(recorded(many(SPACE), target="staging"), recorded(many(changed(access=...)), target="production"))
    assert drift.notes == ["the targets differ: staging before, production now"]
    assert len(drift.entries) == 1


# On the mock.


def run_of(contract: str, profile: str, *switches: str) -> Record:
    listening = run_on_mock(switches, [contract], profile)
    found = Verdicts.of("embedded mock", profile, (contract,), strict=False)
    for one in listening.found:
        found.add(one)
    return record_of(found.document())


@pytest.mark.parametrize("manner", a_tenth(["", *MANNERS]))
def test_the_same_endpoint_has_not_drifted_under_any_manner(manner: str) -> None:
    for contract in contract_names():
        switches = [manner] if manner else []
        if not manner or MANNERS[manner].applies(contract, "create"):
            one, other = (run_of(contract, "quick", *switches) for _ in range(2))
            drift = compare(one, other)
            assert [entry.row() for entry in drift.entries] == []
            assert drift.too_few == []


def test_a_hundred_nights_of_the_same_endpoint(rounds: Callable[[int], range]) -> None:
    first = run_of(NAME, "quick")
    for _ in rounds(100):
        drift = compare(first, run_of(NAME, "quick"))
        assert [entry.row() for entry in drift.entries] == []


@pytest.mark.long
@pytest.mark.parametrize("contract", contract_names())
def test_a_run_that_asks_most_has_not_drifted_either(contract: str) -> None:
    one, other = (run_of(contract, "ci") for _ in range(2))
    assert [entry.row() for entry in compare(one, other).entries] == []


FAULTY = [name for name, fault in FAULTS.items() if name.startswith(NAME) and fault.applies(NAME, "create")]


@pytest.mark.parametrize("fault", a_tenth(FAULTY[::4]))
def test_a_fault_is_drift_and_its_clause_is_in_it(fault: str) -> None:
    before = usual()
    drift = compare(before, run_of(NAME, "ci", fault))
    clause = FAULTS[fault].clause
    found = [entry for entry in drift.entries if clause in entry.clauses]
    assert len(found) == 1, [entry.row() for entry in drift.entries]
    assert found[0].shown


_kept: list[Record] = []


def usual() -> Record:
    if not _kept:
        _kept.append(run_of(NAME, "ci"))
    return _kept[0]


@pytest.mark.long
def test_the_three_changes_of_the_demo_are_three() -> None:
    drift = compare(usual(), run_of(NAME, "ci", *CHANGES))
    says = [(entry.impact, entry.sentence) for entry in drift.entries]
    assert says == [
        (Class.BREAKING, "`$.access` is called `$.access_level` in 200 answers now."),
        (Class.BREAKING, "A title is at most 256 characters long. This was upheld and is broken now."),
        (Class.BREAKING, "What was answered 400 is answered 422 now."),
    ]


def test_drift_reaches_a_class() -> None:
    drift = compare(recorded(many(SPACE)), recorded(many(changed(more=1))))
    reached: Callable[[Class], bool] = lambda least: bool(drift.reaching(least))  # noqa: E731
    assert [reached(least) for least in Class] == [False, False, True]
