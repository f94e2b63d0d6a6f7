"""A field whose values no two records share, of which the target says nothing: the reason names what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.endpoints.test_records import TOKEN, Tenant
from tests.helpers import run_suites, serving, target_file

NAME = "kaiten-create-space"
CURE = "if no two records may share a value there, say x-unique = true at that field in the target"


def test_a_collision_names_its_cure(tmp_path: Path) -> None:
    titles: list[Any] = []

    def unique(record: dict[str, Any]) -> tuple[int, Any]:
        titles.append(record.get("title"))
        return (409, {"message": "taken"}) if titles.count(record.get("title")) > 1 else (200, record)

    with serving(Tenant(created=unique)) as url:
        file = target_file(tmp_path, url, (NAME,))
        finished = run_suites(tmp_path, "--target", str(file), "--profile", "quick", **TOKEN)
    unsure = [one for one in map(finished.clause, finished.outcomes) if one["reason"].startswith("not repeatable")]
    assert any("409" in clause["reason"] for clause in unsure)
    assert all(CURE in clause["reason"] for clause in unsure if "409" in clause["reason"])
    assert f"not repeatable ({CURE}): " in finished.output  # where a terminal cuts the rest
