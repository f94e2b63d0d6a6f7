"""A control is looked for before anything is given up: what is refused beside it is accused, and the rest goes on."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

from contracts.contract import load_contract
from endpoints.embedded import EmbeddedMock
from endpoints.targets import MOCK_TARGET, load_target
from suites.facts import other_ways
from suites.judgement import Outcome
from tests.helpers import mock_environment, reply, run_suites, serving, target_file
from tests.lawful import outcomes
from tests.matrix import run_on_mock, stated

SPACE, ATTIO, KINTONE = "kaiten-create-space", "attio-create-record", "kintone-add-records"


def broken(found: dict[str, Outcome]) -> set[str]:
    return {name for name, outcome in found.items() if outcome is Outcome.BROKEN} & stated()


def test_one_attribute_is_insisted_on_and_a_value_of_another_is_refused() -> None:
    """So neither the plain request is accepted, nor the barest one."""
    faults = [f"{SPACE}/request/sort_order/optional:insisted", f"{SPACE}/request/external_id/type:number-refused"]
    found = outcomes(run_on_mock(faults, (SPACE,), "quick"))
    assert broken(found) == {fault.partition(":")[0] for fault in faults}
    assert list(found.values()).count(Outcome.UPHELD) > 70


def test_the_usual_address_is_unknown_and_another_one_is_not() -> None:
    found = outcomes(run_on_mock([f"{ATTIO}/behaviour/object-by-slug:unknown"], (ATTIO,), "quick"))
    assert broken(found) == {f"{ATTIO}/behaviour/object-by-slug"}
    assert found[f"{ATTIO}/operation"] is Outcome.UPHELD


def test_the_usual_credentials_have_expired_and_others_have_not(tmp_path: Path) -> None:
    """That a token is not let in may be the user's own affair: its clause is undetermined, and the rest goes on."""
    with EmbeddedMock() as mock:
        file = tmp_path / "target.toml"
        file.write_text(MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true", ""), encoding="utf-8")
        options = ("--target", str(file), "--contract", KINTONE, "--profile", "quick")
        finished = run_suites(tmp_path, *options, **{**mock.environment, "KINTONE_TOKEN": "an-old-token"})
    assert "broken" not in finished.outcomes.values()
    clause = finished.clause(f"{KINTONE}/authentication/api-token")
    assert clause["outcome"] == "undetermined"
    assert clause["reason"].startswith("these credentials are not good, or have expired: 401")
    assert finished.outcomes[f"{KINTONE}/authentication/password"] == "upheld"
    assert finished.outcomes[f"{KINTONE}/request/records/type"] == "upheld"


def test_where_nothing_is_accepted_little_is_sent(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def refusing(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        sent.append(body)
        reply(handler, 400, {"message": "no"})

    with serving(refusing) as url:
        options = ("--target", str(target_file(tmp_path, url, (SPACE,))), "--profile", "quick")
        finished = run_suites(tmp_path, *options, KAITEN_TOKEN="a-token")
    assert set(finished.outcomes.values()) <= {"undetermined", "unexercised"}
    assert len(sent) == len(set(sent)) == 2 + 2, "the plain one, the barest, and that with each optional alone"


def test_other_ways_are_those_that_the_target_has() -> None:
    endpoint = load_target().endpoint(KINTONE, mock_environment())
    firsts = [next(iter(way.authentication)) for way in other_ways(load_contract(KINTONE), endpoint)]
    assert firsts == ["password", "session"]
    endpoint = load_target().endpoint(ATTIO, mock_environment())
    assert [len(way.path["object"]) for way in other_ways(load_contract(ATTIO), endpoint)] == [36]
