"""What a run of the tests takes of what is long: a tenth, whatever else there is, and some of each group."""

from __future__ import annotations

from tests.helpers import a_tenth

MANY = [f"case-{number}" for number in range(1_000)]


def test_about_a_tenth_runs_and_nothing_is_lost() -> None:
    cases = a_tenth(MANY)
    assert 70 < len(always(MANY)) < 130
    assert [case if isinstance(case, str) else case.values[0] for case in cases] == MANY


def test_the_choice_hangs_on_the_case_alone() -> None:
    assert set(always(MANY[::-1])) == set(always(MANY))
    assert set(always(MANY[:500])) == set(always(MANY)) & set(MANY[:500])


def test_of_each_group_something_runs() -> None:
    cases = a_tenth(MANY, group=lambda case: int(case.removeprefix("case-")) // 5)
    assert {int(case.removeprefix("case-")) // 5 for case in cases if isinstance(case, str)} == set(range(200))


def always(cases: list[str]) -> list[str]:
    return [case for case in a_tenth(cases) if isinstance(case, str)]
