"""Fifty contracts over five shards, as a matrix of an ordinary CI: one is killed, told as missing, and run again."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from reports.verdicts import is_complete, read_verdicts
from tests.helpers import begin_suites, reply, run_module, run_suites, serving
from tests.reports.test_verdicts import skeleton

CONTRACTS, SHARDS, KILLED = 50, 5, 3
STARTED = threading.Event()


def described(folder: Path) -> Path:
    text: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 40}
    thing: dict[str, Any] = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": text, "count": {"type": "integer"}},
    }
    made: dict[str, Any] = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, **thing["properties"]},
    }

    def operation(number: int) -> dict[str, Any]:
        body = {"required": True, "content": {"application/json": {"schema": thing}}}
        answer = {"description": "made", "content": {"application/json": {"schema": made}}}
        return {"post": {"operationId": f"make{number:02}", "requestBody": body, "responses": {"201": answer}}}

    file = folder / "api.json"
    paths = {f"/things{number:02}": operation(number) for number in range(CONTRACTS)}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    file.write_text(json.dumps(about), encoding="utf-8")
    return file


def make(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Make a thing, or refuse what is none; the shard that will be killed takes a while."""
    try:
        sent = json.loads(body)
        name, count = sent["name"], sent.get("count", 0)
        fits = isinstance(name, str) and 1 <= len(name) <= 40 and isinstance(count, int) and not isinstance(count, bool)
    except (ValueError, TypeError, KeyError):
        fits = False
    if handler.headers.get("X-Slow") == "slowly":
        STARTED.set()
        time.sleep(0.1)
    reply(handler, 201 if fits else 400, {**sent, "id": abs(hash(name)) % 10**9} if fits else {})


def options(file: Path, url: str, shard: int) -> list[str]:
    """What a job of the matrix runs: every fifth operation."""
    words = ["--base-url", url, "--profile", "quick"]
    return [*words, *(w for n in range(shard, CONTRACTS, SHARDS) for w in ("--contract", f"{file}#make{n:02}"))]


def killed(folder: Path, *words: str) -> None:
    """A run that ends without a last word, as when its machine is taken away."""
    run = begin_suites(folder, "--header", "X-Slow: ${SLOW}", *words, SLOW="slowly")
    assert STARTED.wait(60)
    time.sleep(3)
    run.signal(signal.SIGKILL)
    run.finish(60)


def merged(folder: Path, file: Path, *files: Path) -> dict[str, Any]:
    done = run_module("reports", "merge", *map(str, files), "--expect", str(file), "-o", str(folder / "merged.json"))
    document = read_verdicts(folder / "merged.json")
    assert (done.returncode == 0) == is_complete(document), done.stderr
    assert ("run it again" in done.stderr) == any("run it again" in note for note in document["run"]["notes"])
    return document


def outcomes(document: dict[str, Any], shard: int) -> set[str]:
    names = {f"api.make{n:02}" for n in range(shard, CONTRACTS, SHARDS)}
    return {
        c["outcome"] for contract in document["contracts"] if contract["name"] in names for c in contract["clauses"]
    }


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed there as elsewhere")
def test_a_shard_that_is_killed_is_told_and_a_rerun_of_it_alone_completes_the_whole(tmp_path: Path) -> None:
    file = described(tmp_path)
    with serving(make) as url:
        for shard in range(SHARDS):
            folder = tmp_path / str(shard)
            if shard == KILLED:
                killed(folder, *options(file, url, shard))
            else:
                run_suites(folder, *options(file, url, shard))
        there = [tmp_path / str(shard) / "verdicts.json" for shard in range(SHARDS) if shard != KILLED]

        without = merged(tmp_path, file, *there)
        assert len(without["contracts"]) == CONTRACTS
        assert outcomes(without, KILLED) == {"unexercised"}
        assert all("upheld" in outcomes(without, shard) for shard in range(SHARDS) if shard != KILLED)
        assert not is_complete(without)
        (said,) = [note for note in without["run"]["notes"] if "run it again" in note]
        assert said.count("api.make") == CONTRACTS // SHARDS
        assert "no file has them, as when their shard was killed" in said

        journal = tmp_path / str(KILLED) / "verdicts.json.journal"
        parted = merged(tmp_path, file, *there, journal)
        assert {"upheld", "unexercised"} <= outcomes(parted, KILLED)
        assert any(f"{journal} is of a run that was killed" in note for note in parted["run"]["notes"])

        run_suites(tmp_path / str(KILLED), *options(file, url, KILLED))
        whole = merged(tmp_path, file, *there, tmp_path / str(KILLED) / "verdicts.json")
        assert is_complete(whole)
        assert not any("run it again" in note for note in whole["run"]["notes"])
        at_once = run_suites(tmp_path / "whole", "--base-url", url, "--profile", "quick", "--contract", str(file))
    assert skeleton(whole)["contracts"] == skeleton(at_once.verdicts)["contracts"]
    assert whole["run"]["requests"] == at_once.verdicts["run"]["requests"]
