"""Whole runs, as a user starts them: on the mock, on servers that cannot be judged, and on ones that break a clause."""

from __future__ import annotations

import json
import signal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import requests

from contracts.contract import contract_names, load_contracts
from endpoints.embedded import EmbeddedMock
from endpoints.mock import kaiten
from endpoints.targets import MOCK_TARGET
from tests.helpers import ROOT, Running, begin_suites, reply, run_suites, serving, target_file


def test_on_the_mock_every_clause_is_upheld(tmp_path: Path) -> None:
    found = run_suites(tmp_path, "--strict")
    assert found.code == 0, found.output
    assert set(found.outcomes.values()) == {"upheld"}
    assert list(found.outcomes) == [clause for contract in load_contracts() for clause in contract.clauses]
    for contract in found.verdicts["contracts"]:
        for clause in contract["clauses"]:
            assert clause["exchanges"] > 0, clause["id"]
            assert all(judgement["evidence"] for judgement in clause["judgements"]), clause["id"]
    written = json.dumps(found.verdicts) + found.output
    assert "$KAITEN_TOKEN" in written
    assert not [secret for secret in ("kaiten-full", "zendesk-full", "attio-full", "kintone-full") if secret in written]


def test_the_same_run_gives_the_same_verdicts(tmp_path: Path, everything: bool) -> None:
    """Once more, and over two workers."""
    less = ("--profile", "quick", "--contract", "attio-create-record", "--contract", "kintone-add-records")
    options = ("--strict", *(("--profile", "ci") if everything else less))
    once, again, parallel = (run_suites(tmp_path, *options, *more) for more in ((), (), ("-n", "2")))
    assert skeleton(again.verdicts) == skeleton(once.verdicts)
    assert parallel.code == once.code == 0, parallel.output
    assert parallel.outcomes == once.outcomes
    for key in ("requests", "created"):
        assert parallel.verdicts["run"][key] == once.verdicts["run"][key]


def test_quick_keeps_to_its_budget(tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "--profile", "quick", "--strict")
    run = finished.verdicts["run"]
    assert finished.code == 0, finished.output
    assert run["requests"] <= 80 * len(contract_names())
    assert run["created"] <= 18 * len(contract_names())  # a refusal counts when the endpoint still accepts after it
    unexercised = [clause for clause, outcome in finished.outcomes.items() if outcome != "upheld"]
    assert unexercised == ["kintone-add-records/request/records/maxItems"]  # it would create a hundred records


def test_one_clause_alone(tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "-k", "title/maxLength")
    assert finished.code == 0, finished.output
    asked = [clause for clause, outcome in finished.outcomes.items() if outcome == "upheld"]
    assert asked == ["kaiten-create-space/request/title/maxLength"]


def test_one_side_alone_upholds_nothing(tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "-k", "test_refuses and title/maxLength")
    clause = finished.clause("kaiten-create-space/request/title/maxLength")
    assert (clause["outcome"], clause["reason"]) == ("unexercised", "whether it accepts was not asked in this run")


@pytest.mark.parametrize(
    ("status", "body", "contracts"),
    [
        pytest.param(401, None, contract_names(), marks=pytest.mark.long),
        (500, {"error": "no"}, contract_names()),
        pytest.param(404, {}, contract_names(), marks=pytest.mark.long),
        (429, None, ("kaiten-create-space",)),
        (302, None, ("kaiten-create-space",)),
    ],
    ids=["401", "500", "404", "429", "302"],
)
def test_a_server_that_answers_one_thing_upholds_nothing(
    tmp_path: Path, status: int, body: Any, contracts: tuple[str, ...]
) -> None:
    with serving(lambda handler, _: reply(handler, status, body, Retry_After="0")) as url:
        target = target_file(tmp_path, url, contracts)
        finished = run_suites(tmp_path, "--target", str(target), KAITEN_TOKEN="expired")
    assert finished.code != 0
    assert "upheld" not in finished.outcomes.values()
    broken = {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}
    failing = {f"{name}/robustness/server-error" for name in contracts}
    assert broken == (failing if status == 500 else set())
    assert f"a plain conforming request of kaiten-create-space got {status}" in finished.output
    assert "Traceback" not in finished.output
    if status == 401:  # told once, with the cure; the verdicts have it of each clause
        assert finished.output.count("FAILED ") == len(contracts)
        assert finished.output.count("is what KAITEN_TOKEN holds let in?") == 2 * len(contracts)  # pytest's, and ours
        assert list(finished.outcomes.values()).count("undetermined") > 30


@pytest.mark.long
def test_a_server_that_is_not_there_upholds_nothing(tmp_path: Path) -> None:
    target = target_file(tmp_path, "http://127.0.0.1:9")
    finished = run_suites(tmp_path, "--target", str(target), KAITEN_TOKEN="any-token")
    assert finished.code == 2
    assert set(finished.outcomes.values()) == {"undetermined", "unexercised"}
    assert "the endpoint stopped answering at " in finished.output
    assert "no connection (connection refused; nothing listens at 127.0.0.1:9)" in finished.output
    assert "Traceback" not in finished.output


def test_a_server_that_hangs_up_upholds_nothing(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def hang_up(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        sent.append(body)
        handler.close_connection = True

    with serving(hang_up) as url:
        target = target_file(tmp_path, url, ("kaiten-create-space",))
        finished = run_suites(tmp_path, "--target", str(target), KAITEN_TOKEN="any-token")
    assert finished.code == 2
    assert set(finished.outcomes.values()) == {"undetermined", "unexercised"}
    assert len(sent) == len(set(sent)) <= 2, "a POST whose fate is unknown was sent again"


TITLE = "kaiten-create-space/request/title/maxLength"


def test_a_failure_says_everything_in_order(tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "--contract", "kaiten-create-space", "--fault", f"{TITLE}:257-taken")
    assert finished.code == 1
    assert [clause for clause, outcome in finished.outcomes.items() if outcome == "broken"] == [TITLE]
    clause = finished.clause(TITLE)
    said = (
        clause["sentence"],
        "lines 11-14",
        "sent      ",
        "expected  ",
        "came      200",
        "its twin  ",
        "curl -X POST",
    )
    positions = [finished.output.index(word) for word in said]
    assert positions == sorted(positions)


def test_what_does_not_repeat_is_not_broken(tmp_path: Path) -> None:
    """A title that is too long is accepted once, and refused whenever it is sent again."""
    forgiven: list[bytes] = []

    def forgiving(sent: Any) -> Any:
        too_long = isinstance(sent.get("title"), str) and len(sent["title"]) > 256
        if too_long and not forgiven:
            forgiven.append(b"")
            return sent | {"title": "forgiven"}
        return sent

    with EmbeddedMock() as mock, serving(proxy(mock.base_url, forgiving)) as url:
        target = target_file(tmp_path, url, ("kaiten-create-space",))
        token = mock.environment["KAITEN_TOKEN"]
        finished = run_suites(tmp_path, "--profile", "quick", "--target", str(target), KAITEN_TOKEN=token)
    assert finished.code == 1
    assert "broken" not in finished.outcomes.values()
    clause = finished.clause(TITLE)
    assert clause["outcome"] == "undetermined"
    assert clause["reason"].startswith("not repeatable: once it was 200 ")
    assert "asked again, it was 400 " in clause["reason"]
    refuses = next(judgement for judgement in clause["judgements"] if judgement["side"] == "refuses")
    assert [e["response"]["status"] for e in refuses["evidence"] if e["role"] == "sent"] == [200, 400]


def test_a_token_that_is_ignored_is_one_accusation(tmp_path: Path) -> None:
    name = "kaiten-create-space"
    faults = (f"{name}/authentication/token:anybody", f"{name}/status/402:let-in", f"{name}/status/403:let-in")
    finished = run_suites(tmp_path, "--contract", name, *(word for fault in faults for word in ("--fault", fault)))
    outcomes = finished.outcomes
    assert [clause for clause, outcome in outcomes.items() if outcome == "broken"] == [f"{name}/authentication/token"]
    for status in ("401", "402", "403"):
        assert outcomes[f"{name}/status/{status}"] == "undetermined"


def test_a_body_that_is_not_json_is_one_accusation(tmp_path: Path) -> None:
    name = "attio-create-record"
    finished = run_suites(tmp_path, "--contract", name, "--fault", f"{name}/2XX/type:cut-short")
    assert [clause for clause, outcome in finished.outcomes.items() if outcome == "broken"] == [f"{name}/2XX/type"]
    shapes = {outcome for clause, outcome in finished.outcomes.items() if "/2XX/data" in clause}
    assert shapes == {"undetermined"}


def test_expired_credentials_of_a_situation_say_nothing(tmp_path: Path) -> None:
    with EmbeddedMock() as mock:
        file = tmp_path / "target.toml"
        file.write_text(MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true", ""), encoding="utf-8")
        expired = dict.fromkeys(
            ("KAITEN_TOKEN_TARIFF", "ATTIO_TOKEN_NARROW_SCOPE", "KINTONE_TOKEN_WITHOUT_ADD"), "expired"
        )
        options = ("--profile", "quick", "--target", str(file))
        finished = run_suites(tmp_path, *options, **{**mock.environment, **expired})
    outcomes = finished.outcomes
    assert "broken" not in outcomes.values()
    reason = "the credentials of the situation `tariff` were not let in: 401"
    for clause in ("status/402", "402/content-type", "402/type", "402/message/required", "402/message/type"):
        found = finished.clause(f"kaiten-create-space/{clause}")
        assert (found["outcome"], found["reason"]) == ("undetermined", reason)
    assert outcomes["attio-create-record/behaviour/scopes"] == "undetermined"
    assert outcomes["kintone-add-records/behaviour/permission/add"] == "undetermined"
    assert outcomes["kintone-add-records/behaviour/permission/edit-records"] == "upheld"


def proxy(base_url: str, change_request: Any, change_answer: Any = lambda answer: answer) -> Any:
    """A server in front of another one, which changes what is sent and what is answered."""

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        try:
            sent = json.loads(body)
            body = json.dumps(change_request(sent)).encode() if isinstance(sent, dict) else body
        except ValueError:
            pass
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "content-length"}
        got = requests.request(handler.command, base_url + handler.path, headers=headers, data=body, timeout=10)
        content: Any = got.content
        if got.headers.get("Content-Type") == "application/json":
            content = change_answer(got.json())
        reply(handler, got.status_code, content, Content_Type=got.headers.get("Content-Type", ""))

    return answering


def test_a_run_that_stops_at_its_first_failure_keeps_its_verdicts(tmp_path: Path) -> None:
    name = "kaiten-create-space"
    finished = run_suites(tmp_path, "-x", "--contract", name, "--fault", f"{name}/200/title/type:number")
    assert finished.code == 1
    assert {"broken", "upheld", "unexercised"} == set(finished.outcomes.values())
    assert finished.verdicts["contracts"][0]["observations"], "what was seen before is kept"


def test_the_mock_of_the_environment_is_used(tmp_path: Path) -> None:
    with EmbeddedMock([f"{TITLE}:257-taken"]) as mock:
        options = ("--contract", "kaiten-create-space", "-k", "title/maxLength")
        finished = run_suites(tmp_path, *options, CLAUSEWISE_MOCK=mock.base_url)
        mock.switch()
        mended = run_suites(tmp_path, *options, CLAUSEWISE_MOCK=mock.base_url)
    assert finished.outcomes[TITLE] == "broken"
    assert mended.outcomes[TITLE] == "upheld"


def test_an_environment_that_names_no_mock(tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "-k", "title/maxLength", CLAUSEWISE_MOCK="http://127.0.0.1:9")
    assert finished.code != 0
    assert "no mock answers at http://127.0.0.1:9; `python -m endpoints serve` starts one" in finished.output


def test_an_interrupted_run_keeps_its_verdicts_and_cleans_up(tmp_path: Path) -> None:
    """Ctrl-C in the middle: the server interrupts the run when it has seen the first refusal."""
    running: list[Running] = []
    stopped: list[bool] = []
    created: set[str] = set()

    def interrupting(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if handler.command == "DELETE":
            created.discard(handler.path.rsplit("/", 1)[-1])
            reply(handler, 204)
        elif b"title" not in body:
            if not stopped:
                stopped.append(True)
                running[0].signal(signal.SIGINT)
            reply(handler, 400, {"message": "no"})
        else:
            created.add(str(len(created) + 1))
            reply(handler, 200, {"id": len(created)})

    with serving(interrupting) as url:
        target = target_file(tmp_path, url, ("kaiten-create-space",))
        options = ("--target", str(target), "--profile", "quick")
        running.append(begin_suites(tmp_path, *options, KAITEN_TOKEN="any-token"))
        done = running[0].finish(60)
    assert done.returncode == 130, done.stdout
    assert "the run was asked to stop" in done.stdout
    verdicts = tmp_path / "verdicts.json"
    outcomes = {c["outcome"] for k in json.loads(verdicts.read_text())["contracts"] for c in k["clauses"]}
    assert {"upheld", "unexercised"} <= outcomes
    assert created == set()


def test_an_example_that_the_targets_fields_do_not_take_is_not_sent(tmp_path: Path) -> None:
    with EmbeddedMock() as mock:
        file = tmp_path / "target.toml"
        fields = '{ type = "object", required = ["value_text"], properties.value_text = { type = "string" } }'
        file.write_text(
            f'name = "elsewhere"\n[contracts.kaiten-create-record]\nbase_url = "{mock.base_url}"\n'
            f'path = {{ directory_id = "{kaiten.DIRECTORY}" }}\n'
            'authentication.token.headers = { Authorization = "Bearer ${KAITEN_TOKEN}" }\n'
            f"tenant.values.properties = {{ {kaiten.TEXT_FIELD} = {fields} }}\n",
            encoding="utf-8",
        )
        token = mock.environment["KAITEN_TOKEN"]
        finished = run_suites(tmp_path, "-k", "example", "--target", str(file), KAITEN_TOKEN=token)
    clause = finished.clause("kaiten-create-record/request/example/page")
    reason = "the target's fields do not take the values of the page's example"
    assert (clause["outcome"], clause["reason"]) == ("unexercised", reason)


def test_everything_that_a_live_run_creates_is_deleted(tmp_path: Path) -> None:
    """The mock's own target, but as if it were somebody else's server; guest spaces and every situation included."""
    with EmbeddedMock() as mock:
        file = tmp_path / "target.toml"
        file.write_text(MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true", ""), encoding="utf-8")
        finished = run_suites(tmp_path, "--profile", "quick", "--target", str(file), **mock.environment)
    run = finished.verdicts["run"]
    assert finished.code == 0, finished.output
    assert run["created"] > 50
    assert run["requests"] > 2 * run["created"]  # each was deleted again
    assert run["notes"] == []


def test_a_live_run_cleans_up(tmp_path: Path) -> None:
    with EmbeddedMock() as mock:
        target = target_file(tmp_path, mock.base_url, ("kaiten-create-space",))
        target.write_text(target.read_text().replace("somewhere", "cleaned up"))
        token = mock.environment["KAITEN_TOKEN"]
        finished = run_suites(tmp_path, "--profile", "quick", "--target", str(target), KAITEN_TOKEN=token)
        assert finished.verdicts["run"]["created"] > 0
        headers = {"Authorization": f"Bearer {token}"}
        left = [
            number
            for number in range(1, finished.verdicts["run"]["created"] + 5)
            if requests.get(f"{mock.base_url}/api/latest/spaces/{number}", headers=headers, timeout=5).ok
        ]
    assert left == []
    assert not list((ROOT / ".clausewise").glob("created-cleaned-up-*"))


def skeleton(value: Any) -> Any:
    """A verdict document without times and generated values."""
    if isinstance(value, dict):
        left_out = {"started", "seconds", "ids", "latency", "response", "actual", "curl", "url", "body", "expected"}
        left_out |= {"sent", "beside"}  # the values at the place that differs
        return {key: skeleton(member) for key, member in value.items() if key not in left_out}
    return [skeleton(member) for member in value] if isinstance(value, list) else value
