"""Bodies that are no JSON, or hardly: how they are sent, shown, noted, and that a failure at them is told."""

from __future__ import annotations

import json
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from contracts.contract import load_contract
from endpoints.mock.faults import FAULTS
from endpoints.redaction import Redaction
from endpoints.rehearsal import Rehearsal
from endpoints.sending import Common
from endpoints.session import Session
from endpoints.targets import load_target
from strategies import Request
from suites.odd_bodies import ODD_BODIES
from suites.test_refuses import OTHER_MEDIA_TYPE
from tests.helpers import reply, run_suites, serving, target_file
from tests.matrix import run_on_mock

NAME = "kaiten-create-space"
BODY = Request({"title": "100 % 'élan' \\ $HOME 🦉", "sort_order": 1})
SENT = BODY.content.decode()


@pytest.mark.parametrize(
    ("about", "content"),
    [
        ("a body of JSON that breaks off", SENT[:-1].encode()),
        ("an empty body", b""),
        ("a body in UTF-16", SENT.encode("utf-16")),
        ("a body that has an attribute twice", b'{"title":null,' + BODY.content[1:]),
    ],
)
def test_the_curl_command_sends_the_same_bytes(about: str, content: bytes, tmp_path: Path) -> None:
    """What goes over the wire is what was meant; and the command that a report shows sends it again."""
    came: list[bytes] = []

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        came.append(body)
        reply(handler, 400, {"message": "no"})

    with serving(answering) as url:
        target = load_target(target_file(tmp_path, url, (NAME,)))
        session = Session(load_contract(NAME), target.endpoint(NAME, {"KAITEN_TOKEN": "a-token"}))
        exchange = session.create(ODD_BODIES[about](BODY), exact=True)
        again = subprocess.run(["bash", "-c", f"{exchange.curl} -s"], capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    assert came == [content, content]
    assert json.dumps(exchange.plain)


def test_a_secret_in_utf_16_is_struck_out(tmp_path: Path) -> None:
    target = load_target(target_file(tmp_path, "http://127.0.0.1:9", (NAME,)))
    rehearsal, strike = Rehearsal(), Redaction({"s3cret-value": "NAME"}).text
    session = Session(
        load_contract(NAME),
        target.endpoint(NAME, {"KAITEN_TOKEN": "a-token"}),
        Common(strike=strike, rehearsal=rehearsal),
    )
    exchange = session.create(ODD_BODIES["a body in UTF-16"](Request({"title": "s3cret-value"})), exact=True)
    assert exchange.status == 400, "a rehearsal refuses it"
    assert '"$NAME"' in rehearsal.requests[0]
    assert "s\\0003\\000c" not in exchange.curl
    assert "s3cret" not in json.dumps(exchange.plain)


def test_they_are_sent_once_each_in_every_profile_and_noted() -> None:
    run = run_on_mock((), (NAME,), "quick")
    noted = {row["about"]: row["saw"] for row in run.observations if row["about"] in ODD_BODIES}
    assert noted == {
        "a body of JSON that breaks off": "refused with 400",
        "an empty body": "refused with 400",
        "a body in UTF-16": "refused with 400",
        "a body that has an attribute twice": "accepted with 200",
    }
    assert {row["times"] for row in run.observations if row["about"] in ODD_BODIES} == {1}


@pytest.mark.parametrize("fault", [f"{NAME}/robustness/server-error:{name}" for name in ("utf-16", "no-body")])
def test_a_failure_at_one_is_told(fault: str, tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "--contract", NAME, "--profile", "quick", "--fault", fault)
    assert [name for name, outcome in finished.outcomes.items() if outcome == "broken"] == [FAULTS[fault].clause]


def test_a_body_in_another_media_type_is_noted_and_accuses_nobody(tmp_path: Path) -> None:
    """Many endpoints read whatever comes as JSON, and no document says that they must not."""
    clause = f"{NAME}/request/content-type"
    finished = run_suites(tmp_path, "--contract", NAME, "--profile", "quick", "--fault", f"{clause}:ignored")
    assert finished.code == 0
    assert {name for name, outcome in finished.outcomes.items() if outcome != "upheld"} == {clause}
    assert "text/plain was taken too, as by many endpoints" in finished.output
    before, after = (
        [row["saw"] for row in run_on_mock(faults, (NAME,), "quick").observations if row["about"] == OTHER_MEDIA_TYPE]
        for faults in ((), (f"{clause}:ignored",))
    )
    assert (before, after) == (["refused with 400"], ["accepted with 200"])
