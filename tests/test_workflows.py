"""The workflows and the action: valid under the published schemas, and their scripts do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from reports.files import as_json
from suites.judgement import Outcome
from tests.contracts.readers.making import MAKERS, Api, Field
from tests.helpers import ROOT, reply, serving
from tests.reports.making import everything, full, verdicts

VENDOR = files("check_jsonschema.builtin_schemas.vendor")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def schema(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads((VENDOR / f"{name}.json").read_text(encoding="utf-8")))


def on_is_a_key(workflow: dict[Any, Any]) -> dict[Any, Any]:
    """YAML 1.1 reads the key `on` as true; GitHub does not."""
    return {"on" if key is True else key: value for key, value in workflow.items()}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_is_valid(file: Path) -> None:
    schema("github-workflows").validate(on_is_a_key(yaml.safe_load(file.read_text(encoding="utf-8"))))


def test_there_are_two_workflows() -> None:
    assert [file.name for file in WORKFLOWS] == ["ci.yml", "nightly.yml"]


def test_the_action_is_valid() -> None:
    schema("github-actions").validate(yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8")))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_readmes_gitlab_file_is_valid() -> None:
    (gitlab,) = [yaml.safe_load(block) for block in blocks("yaml") if "stage:" in block or "script:" in block]
    schema("gitlab-ci").validate(gitlab)


def test_the_readmes_workflow_uses_inputs_that_there_are() -> None:
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    (step,) = [yaml.safe_load(block)[0] for block in blocks("yaml") if "uses:" in block]
    assert set(step["with"]) <= set(inputs)
    nightly = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8"))
    for job in nightly["jobs"].values():
        for step in job["steps"]:
            if step.get("uses") == "./":
                assert set(step["with"]) <= set(inputs)


def script(file: str, name: str) -> str:
    """The script of a step, which GitHub runs by bash -eo pipefail."""
    document = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    return next(str(step["run"]) for job in jobs for step in job["steps"] if step.get("name") == name)


def run(text: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """A runner's environment: this Python in the place of the one that the action installs."""
    (tmp_path / "temp" / "clausewise" / "bin").mkdir(parents=True)
    (tmp_path / "temp" / "clausewise" / "bin" / "python").symlink_to(wrapper(tmp_path))
    (tmp_path / "work").mkdir()
    files_of_github = {
        name: str(tmp_path / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")
    }
    return {
        **files_of_github, "RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_WORKSPACE": str(tmp_path / "work"),
        "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_ACTIONS": "true",
    }  # fmt: skip


def wrapper(folder: Path) -> Path:
    """A program that is this Python: a link alone would not find the virtual environment."""
    file = folder / "python"
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return file


def test_the_night_compares_pages(tmp_path: Path, runner: dict[str, str]) -> None:
    text = script(".github/workflows/nightly.yml", "Compare tonight's pages with those of the night before")
    path = f"{tmp_path / 'temp' / 'clausewise' / 'bin'}:{os.environ['PATH']}"
    folder, archive, summary = tmp_path / "saved", tmp_path / "pages.tar.gz", Path(runner["GITHUB_STEP_SUMMARY"])
    folder.mkdir()
    codes = []
    for required in (False, False, True):
        api = Api(body=(Field("colour", required=required), Field("size", ("integer",))))
        (folder / "paint.txt").write_text(MAKERS["kaiten"](api, "flat"), encoding="utf-8")
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(folder / "paint.txt", "paint.txt")
        done = run(text, tmp_path / "work", **{**runner, "PATH": path, "PAGES": archive.as_uri()})
        codes.append((done.returncode, done.stderr))
    assert codes == [(0, ""), (0, ""), (1, "")]
    assert "| breaking | paint | " in summary.read_text(encoding="utf-8")
    assert run(text, tmp_path, **{**runner, "PATH": path, "PAGES": ""}).returncode == 0


def action_inputs(**given: str) -> dict[str, str]:
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    names = {"target": "TARGET", "profile": "PROFILE", "baseline": "BASELINE", "records": "RECORDS", "known": "KNOWN",
             "fail-on": "FAIL_ON", "documents": "DOCUMENTS", "options": "OPTIONS"}  # fmt: skip
    return {variable: given.get(variable, inputs[name]["default"]) for name, variable in names.items()}


def test_the_actions_script_runs_the_suites(tmp_path: Path, runner: dict[str, str]) -> None:
    inputs = action_inputs(RECORDS="my records", BASELINE="my records", OPTIONS="--contract kaiten-create-space -q")
    text = script("action.yml", "Run the suites")
    for _ in range(2):
        done = run(text, tmp_path, **runner, **inputs)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "drift since " in done.stdout
    assert ": none" in done.stdout
    assert len(list((tmp_path / "work" / "my records").glob("*.json"))) == 2
    out = tmp_path / "temp" / "clausewise-out"
    assert sorted(path.name for path in out.iterdir()) == ["junit.xml", "report.html", "verdicts.json"]
    outputs = (tmp_path / "github_output").read_text(encoding="utf-8").splitlines()
    assert outputs[-2:] == [f"verdicts={out}/verdicts.json", f"report={out}/report.html"]
    assert "All 84 statements are upheld" in (tmp_path / "github_step_summary").read_text(encoding="utf-8")


@pytest.mark.long
def test_the_actions_script_fails_as_the_suites_do(tmp_path: Path, runner: dict[str, str]) -> None:
    fault = "kaiten-create-space/status/400:422"
    inputs = action_inputs(OPTIONS=f"--contract kaiten-create-space --fault {fault}")
    done = run(script("action.yml", "Run the suites"), tmp_path, **runner, **inputs)
    assert done.returncode == 1
    assert "\n::error title=broken%3A kaiten-create-space/status/400::" in done.stdout
    missing = run(script("action.yml", "Run the suites"), tmp_path, **runner, **action_inputs(TARGET="nothing.toml"))
    assert missing.returncode == 4
    assert "nothing.toml: the target file cannot be read" in missing.stderr


def test_the_actions_options_name_files_of_the_repository(tmp_path: Path, runner: dict[str, str]) -> None:
    """Whose own modules are not imported, and whose artifact has the ledger of what could not be deleted."""
    work, out = tmp_path / "work", tmp_path / "temp" / "clausewise-out"
    (work / "contracts.py").write_text("raise RuntimeError('not ours')\n", encoding="utf-8")
    content = {"content": {"application/json": {"schema": {"type": "object"}}}}
    post: dict[str, Any] = {"operationId": "add", "requestBody": {"required": True, **content}}
    post["responses"] = {"201": {"description": "it", **content}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/things": {"post": post}}}
    (work / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    made: list[int] = []

    def create(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        made.append(len(made))
        reply(handler, 201, {"id": made[-1]})

    with serving(create) as url:
        options = f"--contract openapi.json#add --base-url {url} -q"
        done = run(script("action.yml", "Run the suites"), tmp_path, **runner, **action_inputs(OPTIONS=options))
    assert "openapi.add" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    assert "may be left on the target" in done.stdout
    assert len(list(out.glob("created-*.jsonl"))) == 1


def test_a_night_reads_its_target_from_secrets(tmp_path: Path, runner: dict[str, str]) -> None:
    text = script(".github/workflows/nightly.yml", "Read the target and its variables")
    secrets = {"TARGET": 'name = "staging"', "VARIABLES": "A_TOKEN=se=cret\nOTHER=x y\n", "NAME": "staging"}
    done = run(text, tmp_path / "work", **runner, **secrets)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "work" / "night-target.toml").read_text() == 'name = "staging"\n'
    assert done.stdout.splitlines() == ["::add-mask::se=cret", "::add-mask::x y"]
    assert (tmp_path / "github_env").read_text() == "A_TOKEN=se=cret\nOTHER=x y\n"
    assert (tmp_path / "github_output").read_text() == "target=night-target.toml\nbaseline=records\n"


def test_a_night_without_secrets_is_the_mocks_and_a_baseline_in_git_is_used(
    tmp_path: Path, runner: dict[str, str]
) -> None:
    (tmp_path / "work" / "baselines").mkdir()
    for name in ("mock.json", "mock.known.json"):
        (tmp_path / "work" / "baselines" / name).touch()
    text = script(".github/workflows/nightly.yml", "Read the target and its variables")
    done = run(text, tmp_path / "work", **runner, TARGET="", VARIABLES="", NAME="mock")
    assert done.returncode == 0, done.stderr
    outputs = (tmp_path / "github_output").read_text()
    assert outputs == "baseline=baselines/mock.json\nknown=baselines/mock.known.json\n"


@pytest.mark.parametrize("number", ["", "12"])
def test_one_issue_is_opened_or_updated_when_something_drifted(tmp_path: Path, number: str) -> None:
    text = script(".github/workflows/nightly.yml", "Open the issue about drift, or update it")
    program(tmp_path / "bin" / "gh", f'echo "$@" >> "$CALLS"; if [ "$2" = list ]; then echo "{number}"; fi')
    program(tmp_path / "bin" / "python", f'exec "{sys.executable}" "$@"')
    calls = tmp_path / "calls"
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "CALLS": str(calls),
        "RUN": "https://run/7",
        "PYTHONPATH": str(ROOT),
    }
    (tmp_path / "verdicts.json").write_text(as_json(verdicts(*everything(Outcome.UPHELD))), encoding="utf-8")
    assert run(text, tmp_path, **environment).returncode == 0
    assert not calls.exists(), "nothing has drifted"
    (tmp_path / "verdicts.json").write_text(as_json(full()), encoding="utf-8")
    done = run(text, tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    verbs = [" ".join(line.split()[:2]) for line in calls.read_text().splitlines()]
    assert verbs == ["label create", "issue list", *(["issue edit", "issue comment"] if number else ["issue create"])]
    issue = (tmp_path / "issue.md").read_text(encoding="utf-8")
    assert "#### Drift since" in issue
    assert issue.endswith("[this run](https://run/7).\n")


def program(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")  # noqa: PTH110 - one call
@pytest.mark.parametrize("words", ["contracts list", "endpoints targets attio-create-record"])
def test_a_command_that_has_no_room_says_so(words: str) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        run = subprocess.run(
            [sys.executable, "-m", *words.split()],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert run.returncode == 2
    assert run.stderr == "Error: not all could be written (No space left on device); make room, or write elsewhere\n"
