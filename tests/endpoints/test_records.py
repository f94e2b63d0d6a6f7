"""What a live run makes and deletes, on real sockets: intents, outcomes, strangers' ids, records that are not ours."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from contracts.errors import UserError
from contracts.things import LOCATION
from endpoints import records
from endpoints.cleaning import clean_up
from endpoints.exchange import Exchange
from endpoints.ids import filled, ids_at
from endpoints.ledger import Intent, Ledger, abandoned, in_use, read_ledger
from endpoints.records import Use
from endpoints.sending import Common
from endpoints.session import Session
from endpoints.stopping import STOP
from endpoints.targets import load_target
from endpoints.telling import shows
from strategies import Request
from tests.helpers import reply, serving, target_file, the_first

CONTRACT = load_contract("kaiten-create-space")
TOKEN = {"KAITEN_TOKEN": "s3cret-token"}
OURS = {"title": "Clausewise, number one", "description": "made by a test"}
OTHERS = {"id": 7, "title": "a user's space", "description": "years of work"}


_MAKING = threading.Lock()


@dataclass
class Tenant:
    """A service that counts: records by id, what was asked, and ways to answer differently."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    made: int = 0
    created: Callable[[dict[str, Any]], tuple[int, Any]] | None = None
    deleted: Callable[[str], tuple[int, Any]] | None = None
    read: Callable[[str], tuple[int, Any]] | None = None

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.asked.append(f"{handler.command} {handler.path}")
        identifier = handler.path.rpartition("/")[2]
        if handler.command == "POST":
            with _MAKING:
                self.made += 1
                number = 99 + self.made
            sent = _parsed(body)
            record = {"id": number, **(sent if isinstance(sent, dict) else {})}
            status, answer = self.created(record) if self.created else (200, record)
            status, answer = (status, answer) if isinstance(sent, dict) else (400, {"message": "no object"})
            if status == 200:
                self.records[str(record["id"])] = record
        elif handler.command == "DELETE":
            status, answer = self.deleted(identifier) if self.deleted else self._delete(identifier)
        else:
            status, answer = self.read(identifier) if self.read else self._read(identifier)
        kind = {"Content_Type": "text/html"} if isinstance(answer, bytes) and answer[:1] == b"<" else {}
        reply(handler, status, answer, **kind)

    def _delete(self, identifier: str) -> tuple[int, Any]:
        return (200, {"id": 1}) if self.records.pop(identifier, None) else (404, None)

    def _read(self, identifier: str) -> tuple[int, Any]:
        return (200, self.records[identifier]) if identifier in self.records else (404, None)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:  # a run sends broken bodies too
        return None


@contextmanager
def live(
    tenant: Tenant, folder: Path, more: str = "patience = 0\n", after: str = ""
) -> Iterator[tuple[Session, Ledger]]:
    """A session with a ledger; at the end everything is deleted that is ours."""
    with serving(tenant) as url:
        file = target_file(folder, url, (CONTRACT.name,))
        file.write_text(more + file.read_text(encoding="utf-8") + after, encoding="utf-8")
        ledger = Ledger.begin(folder / "ledgers", "somewhere")
        session = Session(CONTRACT, load_target(file).endpoint(CONTRACT.name, TOKEN), Common(ledger))
        yield session, ledger
        session.close()
        ledger.close(remove=False)


def test_the_intent_is_on_disk_before_the_request_and_the_outcome_after_it(tmp_path: Path) -> None:
    seen: list[str] = []

    def look(record: dict[str, Any]) -> tuple[int, Any]:
        seen.append(ledger.file.read_text())
        return 200, record

    with live(Tenant(created=look), tmp_path) as (session, ledger):
        session.create(Request(OURS))
        standing = read_ledger(ledger.file)
    intent = json.loads(seen[0].splitlines()[-1])
    assert intent["intent"] == 1
    assert intent["method"] == "POST"
    assert intent["url"].endswith("/api/latest/spaces")
    assert intent["body"].startswith("sha256:")
    assert "s3cret" not in ledger.file.read_text()
    assert ([one.id for one in standing.records], standing.unknown) == (["100"], [])
    assert read_ledger(ledger.file).records == []


def test_a_ledger_that_cannot_be_kept_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="nothing was sent"):
        Ledger.begin(tmp_path / "file", "somewhere")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which is always full")
@pytest.mark.parametrize("when", ["before a request", "before its answer"])
@pytest.mark.parametrize("why", ["No space left on device", "somebody has removed it"])
def test_without_its_ledger_nothing_more_is_made_and_all_is_deleted(tmp_path: Path, when: str, why: str) -> None:
    def fill() -> None:
        if why == "somebody has removed it":
            ledger.file.unlink()
            return
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, ledger._stream.fileno())
        os.close(full)

    def created(record: dict[str, Any]) -> tuple[int, Any]:
        if tenant.made == 2:
            fill()
        return 200, record

    tenant = Tenant(records={"7": OTHERS}, created=created)
    with live(tenant, tmp_path) as (session, ledger):
        exchanges = [session.create(Request(OURS))]
        if when == "before a request":
            fill()
        exchanges += [session.create(Request({**OURS, "title": f"Clausewise {number}"})) for number in range(3)]
    assert tenant.made == (1 if when == "before a request" else 2)
    assert tenant.records == {"7": OTHERS}
    assert all(exchange.unsent for exchange in exchanges[tenant.made :])
    assert f"can no longer be written ({why}), so nothing more was sent" in exchanges[-1].error


def test_everything_is_gone_at_the_end(tmp_path: Path) -> None:
    tenant = Tenant(records={"7": OTHERS})
    with live(tenant, tmp_path) as (session, _):
        for number in range(12):
            session.create(Request({**OURS, "title": f"Clausewise {number}"}))
    assert tenant.records == {"7": OTHERS}
    assert session.records
    assert not session.records.left


@pytest.mark.parametrize(
    "answered",
    [
        {"id": 7},
        {**OTHERS},
        {"id": "7"},
        {"id": "../7"},
        {"id": ".."},
        {"id": ""},
        {"id": None},
        {"id": [7]},
        {"id": 7.5},
    ],
    ids=repr,
)
def test_another_records_id_gets_no_record_deleted(tmp_path: Path, answered: dict[str, Any]) -> None:
    tenant = Tenant(records={"7": OTHERS}, created=lambda _: (200, answered))
    with live(tenant, tmp_path) as (session, ledger):
        session.create(Request(OURS))
    assert "7" in tenant.records
    assert not [asked for asked in tenant.asked if asked.startswith("DELETE")]
    assert session.records
    assert session.records.left.total()
    assert read_ledger(ledger.file).records or read_ledger(ledger.file).unknown


def test_an_id_that_was_seen_before_is_not_deleted_twice(tmp_path: Path) -> None:
    tenant = Tenant(created=lambda record: (200, {**record, "id": 100}))
    with live(tenant, tmp_path) as (session, _):
        session.create(Request(OURS))
        session.create(Request({**OURS, "title": "another"}))
    assert len([asked for asked in tenant.asked if asked.startswith("DELETE")]) <= 1
    assert session.records
    assert any("seen before" in cause for cause in session.records.left)


def test_what_stays_although_it_was_deleted_is_not_waited_for_each_time(tmp_path: Path) -> None:
    tenant = Tenant(deleted=lambda _: (204, None))
    with live(tenant, tmp_path, "patience = 0.5\n") as (session, _):
        for number in range(5):
            session.create(Request({**OURS, "title": f"Clausewise {number}"}))
    assert session.records
    assert session.records.left.total() == 5
    reads = Counter(asked for asked in tenant.asked if asked.startswith("GET"))
    assert sorted(reads.values())[:4] == [2, 2, 2, 2], "one before it is deleted, and one after"
    assert max(reads.values()) > 2


def test_what_always_gets_the_same_id_is_not_made_on_and_on(tmp_path: Path) -> None:
    tenant = Tenant(created=lambda record: (200, {**record, "id": 100}))
    with live(tenant, tmp_path) as (session, _):
        exchanges = [session.create(Request({**OURS, "title": f"Clausewise {number}"})) for number in range(30)]
    assert tenant.made == 21, "one that is known, and twenty in a row that are not"
    assert "seen before: 100), so nothing more was sent" in exchanges[-1].error
    assert session.records
    assert session.records.left.total() >= 20


HANG_UP = (0, None)


@pytest.mark.parametrize(
    "answer",
    [
        (500, {"message": "no"}),
        (200, b""),
        (200, b"<html>sign in</html>"),
        (200, {"uid": "x"}),
        (200, b'{"id": 1'),
        (200, b'"{oops"'),
        (200, b'"{\\"id\\": 7}"'),
        (302, None),
        (303, None),
        (408, None),
    ],
)
def test_what_a_request_made_is_of_unknown_fate_unless_the_answer_says_so(
    tmp_path: Path, answer: tuple[int, Any]
) -> None:
    with live(Tenant(created=lambda _: answer), tmp_path) as (session, ledger):
        session.create(Request(OURS))
        after = session.create(Request(OURS))
    assert len(read_ledger(ledger.file).unknown) == (1 if answer[0] == 200 else 2)
    assert session.records
    assert session.records.left.total()
    assert (after.status is None) == (answer[0] == 200)  # what cannot be cleaned is not made again


def test_what_an_answer_makes_us_raise_is_of_unknown_fate_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = Tenant()
    with live(tenant, tmp_path) as (session, ledger):
        monkeypatch.setattr(records, "ids_at", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            session.create(Request(OURS))
        monkeypatch.undo()
    assert session.records
    assert session.records.left == Counter({"it is not known what a request made: its answer was not looked at": 1})
    assert len(read_ledger(ledger.file).unknown) == len(tenant.records) == 1


@pytest.mark.parametrize("waits", ["requests_per_second = 1\n", "connections = 1\n"], ids=["for its turn", "as asked"])
def test_nothing_is_sent_any_more_by_what_waited_when_the_run_was_asked_to_stop(
    tmp_path: Path, waits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = Tenant()
    with live(tenant, tmp_path, f"patience = 0\n{waits}") as (session, ledger):
        session.create(Request(OURS))
        session._pace.hold(session._host, 0 if "second" in waits else 30)
        monkeypatch.setattr(STOP, "signal", 0)
        threading.Timer(0.2, STOP.ask, [signal.SIGINT]).start()
        late = session.create(Request({**OURS, "title": "Clausewise, number two"}))
        stopped = time.monotonic()
    assert (tenant.made, tenant.records, late.unsent) == (1, {}, True)
    assert not read_ledger(ledger.file).unknown
    assert time.monotonic() - stopped > (1 if "second" in waits else 0), "what cleans up keeps to the rate"


def test_a_refusal_and_what_was_never_sent_leave_no_doubt(tmp_path: Path) -> None:
    with live(Tenant(created=lambda _: (400, {"message": "no"})), tmp_path) as (session, ledger):
        session.create(Request(OURS))
        session.endpoint = replace(session.endpoint, base_url="http://127.0.0.1:9")
        session.create(Request(OURS))
    standing = read_ledger(ledger.file)
    assert (standing.records, standing.unknown) == ([], [])


@pytest.mark.parametrize(
    ("deleted", "gone"),
    [
        ((200, b"<html>signed out</html>"), False), ((405, None), False), ((404, None), False), ((403, {}), False),
        ((500, None), False), ((200, {"id": 1}), False),
    ],
    ids=repr,
)  # fmt: skip
def test_gone_is_what_a_read_says(tmp_path: Path, deleted: tuple[int, Any], gone: bool) -> None:
    with live(Tenant(deleted=lambda _: deleted), tmp_path) as (session, ledger):
        session.create(Request(OURS))
    assert session.records
    assert bool(session.records.left) is not gone
    assert bool(read_ledger(ledger.file).records) is not gone


@pytest.mark.parametrize(
    "read",
    the_first([((404, None),), ((401, None),), ((403, None),), ((405, None),), ((500, None),), ((200, b"<html>"),)]),
    ids=repr,
)
def test_where_nothing_can_be_read_a_delete_has_to_say_it_is_done(tmp_path: Path, read: tuple[int, Any]) -> None:
    tenant = Tenant(read=lambda _: read)
    with live(tenant, tmp_path) as (session, ledger):
        session.create(Request(OURS))
    assert not tenant.records
    assert not read_ledger(ledger.file).records
    tenant = Tenant(read=lambda _: read, deleted=lambda _: (404, None))
    with live(tenant, tmp_path) as (session, ledger):
        session.create(Request(OURS))
    assert read_ledger(ledger.file).records  # 404 of a path that was never seen to work says nothing


def test_deletes_are_proved_once(tmp_path: Path) -> None:
    tenant = Tenant()
    with live(tenant, tmp_path) as (session, _):
        for number in range(5):
            session.create(Request({**OURS, "title": f"Clausewise {number}"}))
        tenant.asked.clear()
    assert len(tenant.asked) == 11  # a read and a delete each, and one read that found the first one gone


def test_no_more_are_held_than_the_budget_says(tmp_path: Path) -> None:
    tenant = Tenant()
    most = 0
    with live(tenant, tmp_path, "budget = { most_records = 5 }\n") as (session, _), session.making(Use.SPARE):
        for number in range(40):
            session.create(Request({**OURS, "title": f"Clausewise {number}"}))
            most = max(most, len(tenant.records))
    assert most <= 5
    assert not tenant.records


def test_clean_up_after_a_killed_run(tmp_path: Path) -> None:
    tenant = Tenant(records={"7": OTHERS})
    with serving(tenant) as url:
        target = load_target(target_file(tmp_path, url, (CONTRACT.name,)))
        ledger = Ledger.begin(tmp_path, "somewhere")
        session = Session(CONTRACT, target.endpoint(CONTRACT.name, TOKEN), Common(ledger))
        for number in range(3):
            session.create(Request({**OURS, "title": f"Clausewise {number}"}))
        assert in_use(ledger.file)
        with pytest.raises(UserError, match="still goes on"):
            clean_up(ledger.file, target, TOKEN)
        ledger.close(remove=False)  # as the end of the process would
        assert abandoned("somewhere", tmp_path) == [ledger.file]
        text = ledger.file.read_text()
        ledger.file.write_text(f'\n{text}{{"outcome": 9}}\n{{"new": "field"}}\n[1]\n{{"intent": 4, "contr')
        cleaned = clean_up(ledger.file, target, TOKEN)
    assert tenant.records == {"7": OTHERS}
    assert cleaned.deleted == 3
    assert len(cleaned.spoiled) == 4  # what cannot be read is named, and the rest is cleaned
    assert not cleaned.whole


def test_credentials_do_not_go_to_a_host_that_the_ledger_names(tmp_path: Path) -> None:
    here, elsewhere = Tenant(), Tenant()
    with serving(here) as url, serving(elsewhere) as other:
        target = load_target(target_file(tmp_path, url, (CONTRACT.name,)))
        ledger = Ledger.begin(tmp_path, "somewhere")
        session = Session(CONTRACT, target.endpoint(CONTRACT.name, TOKEN), Common(ledger))
        session.create(Request(OURS))
        ledger.close(remove=False)
        ledger.file.write_text(ledger.file.read_text().replace(url, other))
        here.asked.clear()
        cleaned = clean_up(ledger.file, target, TOKEN)
    assert (here.asked, elsewhere.asked) == ([], [])
    assert cleaned.deleted == 0
    assert "the target is" in next(iter(cleaned.left))


@pytest.mark.parametrize(
    "operation", ["/api/latest/users", "https://elsewhere.example/{id}", "", "/api/latest/spaces/../users"]
)
def test_a_ledger_chooses_no_path(tmp_path: Path, operation: str) -> None:
    tenant = Tenant()
    with serving(tenant) as url:
        target = load_target(target_file(tmp_path, url, (CONTRACT.name,)))
        ledger = Ledger.begin(tmp_path, "somewhere")
        session = Session(CONTRACT, target.endpoint(CONTRACT.name, TOKEN), Common(ledger))
        session.create(Request(OURS))
        ledger.close(remove=False)
        rows = [json.loads(line) for line in ledger.file.read_text().splitlines()]
        rows = [{**row, "operation": operation} if "intent" in row else row for row in rows]
        ledger.file.write_text("\n".join(map(json.dumps, rows)))
        tenant.asked.clear()
        cleaned = clean_up(ledger.file, target, TOKEN)
    assert not tenant.asked
    assert not cleaned.whole


def test_what_is_of_unknown_fate_is_looked_for_where_the_target_can_find_it(tmp_path: Path) -> None:
    def lost(record: dict[str, Any]) -> tuple[int, Any]:
        tenant.records[str(record["id"])] = record
        return 500, {"message": "too late"}

    tenant = Tenant(records={"7": OTHERS}, created=lost)
    tenant.read = lambda wanted: (
        (200, tenant.records[wanted]) if wanted in tenant.records
        else (200, list(tenant.records.values())) if wanted.startswith("spaces?") else (404, None)
    )  # fmt: skip
    find = 'path = "/api/latest/spaces?{field}={value}", records = "$[*]", field = "title", id = "$.id"'
    with live(tenant, tmp_path, after=f"outside.find = {{ {find} }}\n") as (session, ledger):
        session.create(Request(OURS))
    assert tenant.records == {"7": OTHERS}
    assert session.records
    assert not session.records.left
    assert not read_ledger(ledger.file).unknown


def test_a_delete_that_fails_proves_nothing_by_what_a_read_says_of_it(tmp_path: Path) -> None:
    def first_alone(wanted: str) -> tuple[int, Any]:
        if wanted == "101":  # deleted first, since it is the newest
            tenant.records.pop(wanted)
        return 500, None

    tenant = Tenant(deleted=first_alone)
    with live(tenant, tmp_path) as (session, ledger):
        for number in range(2):
            session.create(Request({**OURS, "title": f"Clausewise {number}"}))
    assert set(tenant.records) == {"100"}
    assert session.records
    assert session.records.left.total() == 1
    assert [one.id for one in read_ledger(ledger.file).records] == ["100"]


def test_a_body_that_nobody_can_read_makes_nothing_when_the_endpoint_fails_at_it(tmp_path: Path) -> None:
    for text, left in (("{", 0), ("", 0), ('{"title":1,"title":2}', 1)):
        with live(Tenant(created=lambda _: (500, None)), tmp_path) as (session, _):
            session.create(Request(OURS, text=text), exact=True)
        assert session.records
        assert session.records.left.total() == left, text


def test_a_record_that_is_too_new_to_be_read_is_not_taken_for_gone(tmp_path: Path) -> None:
    """A read shows a record only when it is asked for the third time; an older one was read before."""
    reads: Counter[str] = Counter()

    def lagging(wanted: str) -> tuple[int, Any]:
        reads[wanted] += 1
        there = wanted in tenant.records and (wanted == "100" or reads[wanted] > 2)
        return (200, tenant.records[wanted]) if there else (404, None)

    tenant = Tenant(read=lagging)
    with live(tenant, tmp_path, "patience = 2\nbudget = { most_records = 1 }\n") as (session, ledger):
        for number in range(3):
            with session.making(Use.SPARE):
                session.create(Request({**OURS, "title": f"Clausewise {number}"}))
    assert not tenant.records
    assert not read_ledger(ledger.file).records


@pytest.mark.parametrize(
    ("ids", "deleted"),
    [([5, 6], {"5", "6"}), ([5, 7], {"5"}), ([7, 6], {"6"})],
    ids=["both", "not the empty", "not the other"],
)
def test_of_a_batch_the_record_that_was_sent_empty_is_known_by_its_place(ids: list[int], deleted: set[str]) -> None:
    """It shows nothing of what was sent, and so neither of the others may be without."""
    intent = Intent("kintone-add-records", "/k/v1/records.json", {}, shows=(("ours",), ()))
    known = {"5": {"text": "ours"}, "6": {"text": "a default"}, "7": {"text": "another's"}}
    made = intent.made([str(one) for one in ids])
    held = {one.id for one in made if shows(known[one.id], one.shows)}
    assert held - {"7"} == deleted
    assert ("7" in held) == (ids[1] == 7)  # of what stands in its place nothing can be told


def test_of_several_records_one_that_was_sent_empty_lets_no_other_be_deleted() -> None:
    assert shows({"id": 1}, ((), ()))
    assert shows({"text": "ours"}, (("ours",), ()))
    assert not shows({"text": "another's"}, (("ours",), ()))


@pytest.mark.parametrize("kept", [59753194046182920, "5.975319404618292e+16", "59753194046182920"])
def test_a_number_is_known_again_in_another_spelling(kept: Any) -> None:
    assert shows({"title": kept}, ((5.975319404618292e16,),))
    assert not shows({"title": kept}, ((5.975319404618293e16,),))


def test_what_any_record_shows_somewhere_tells_none_from_another() -> None:
    anothers = {"$id": "12", "$revision": "1", "Text": "years of work"}
    assert not shows(anothers, (("Sample001", 1),))
    assert shows({"$id": "12", "Text": "Sample001", "Number": "2"}, (("Sample001", 1),))


def test_a_short_text_finds_no_record_of_unknown_fate(tmp_path: Path) -> None:
    """An endpoint that minds no query answers with all that it has, and others' are as red as ours."""
    tenant = Tenant(records={"7": {"id": 7, "title": "red"}}, created=lambda _: (500, None))
    tenant.read = lambda wanted: (200, [*tenant.records.values()] if "?" in wanted else tenant.records[wanted])
    find = 'path = "/api/latest/spaces?{field}={value}", records = "$[*]", field = "title", id = "$.id"'
    with live(tenant, tmp_path, after=f"outside.find = {{ {find} }}\n") as (session, ledger):
        session.create(Request({"title": "red"}))
    assert tenant.records == {"7": {"id": 7, "title": "red"}}
    assert read_ledger(ledger.file).unknown


@pytest.mark.parametrize(
    "damaged",
    ['{"gone": "1", "of": 1e999}', '{"intent": 2, "contract": "x", "operation": "/x", "url": "http://[x"}'],
    ids=["beyond numbers", "no URL"],
)
def test_a_damaged_line_of_a_ledger_keeps_none_other_from_being_read(tmp_path: Path, damaged: str) -> None:
    ledger = Ledger.begin(tmp_path, "somewhere")
    intent = replace(Intent("x", "/x", {}, url="http://127.0.0.1/x"), number=1)
    ledger.intend(intent)
    ledger.conclude(1, ids=["26"])
    ledger.close(remove=False)
    with ledger.file.open("a", encoding="utf-8") as stream:
        stream.write(f"{damaged}\n")
    standing = read_ledger(ledger.file)
    assert [one.id for one in standing.records] == ["26"]
    assert [line.partition(": ")[0] for line in standing.spoiled] == [f"{ledger.file}, line 4 says nothing to act on"]


def test_a_targets_own_ledgers_alone_are_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "created-shop-1.jsonl")  # from which somebody would read without end
    (tmp_path / "created-shop-2.jsonl").symlink_to("/dev/zero")
    for target in ("shop", "shop eu", "shop-2024", "𠀀" * 70):
        ledger = Ledger.begin(tmp_path, target)
        ledger.intend(Intent("x", "/x", {}))
        ledger.close(remove=False)
        assert abandoned(target, tmp_path) == [ledger.file]


@pytest.mark.parametrize("address", ["http://[x/spaces/7", "http://h:99999/elsewhere/7", "//[/7", "/7", ""])
def test_a_location_that_is_no_address_below_the_request_names_nothing(address: str) -> None:
    told = Exchange(Request(), "POST", "http://127.0.0.1/spaces", {}, "", 201, {"location": address})
    assert ids_at(LOCATION, told) == []


def test_a_parameter_of_a_path_may_have_any_name() -> None:
    values = {"shelf-id": "a/b", "v.2": "7"}
    assert filled("/shelves/{shelf-id}/{v.2}/{other}", values) == "/shelves/a%2Fb/7/{other}"


def test_an_id_that_is_given_again_is_that_of_another_record(tmp_path: Path) -> None:
    """Of the first one it is known that it is gone; that says nothing of the second."""
    tenant = Tenant(created=lambda record: (200, record.update(id=100) or record))
    with live(tenant, tmp_path) as (session, _), session.making(Use.SPARE):
        session.create(Request(OURS))
        assert session.records
        session.records.make_room(0)
        assert not tenant.records
        session.create(Request({**OURS, "title": "another"}))
        tenant.records.clear()
    assert any("nobody here deleted it" in cause for cause in session.records.left)
