#!/usr/bin/env python3
"""The two commands of the README, for a machine that has Python 3.11 or later and nothing else of ours.

    python3 run.py suites [pytest options]   the main job: the suites on the embedded mock, and report.html
    python3 run.py tests [--all] [--documents DIR]
                                             the tests of Clausewise itself, with types, lint and imports; a tenth
                                             of what takes long, or all of it

Both make `.venv` beside this file when it is missing or out of date. Needs the standard library only.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "clausewise.stamp"


def main(words: list[str]) -> int:
    if sys.version_info < (3, 11):
        return fail(f"Clausewise needs Python 3.11 or later; this is {sys.version.split()[0]}")
    if not words or words[0] not in {"suites", "tests"}:
        print(__doc__)
        return 0 if words[:1] in ([], ["--help"], ["-h"]) else 2
    try:
        set_up()
    except (subprocess.CalledProcessError, OSError) as error:
        return fail(f"the virtual environment .venv could not be made: {error} (on Debian: apt install python3-venv)")
    return suites(words[1:]) if words[0] == "suites" else tests(words[1:])


def set_up() -> None:
    """Make `.venv` and install what pyproject.toml names, at the versions of constraints.txt."""
    pins = (ROOT / "pyproject.toml").read_bytes() + (ROOT / "constraints.txt").read_bytes() + bytes(ROOT)
    wanted = hashlib.sha256(pins).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("setting up .venv (a minute or two, once) …", flush=True)
    venv.create(VENV, with_pip=True, clear=True)
    pip = [str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    # `compat`: found by path, so that a user's own folder called `reports` hides nothing
    words = ["--constraint", "constraints.txt", "--config-settings", "editable_mode=compat", "--editable", ".[dev]"]
    subprocess.run([*pip, *words], cwd=ROOT, check=True)
    STAMP.write_text(wanted)


def suites(options: list[str]) -> int:
    """The suites, with the report beside this file unless the options say otherwise."""
    report = [] if any(option.startswith("--report") for option in options) else ["--report", "report.html"]
    code = step("-m", "pytest", "suites", *report, *options)
    if report and (ROOT / "report.html").exists():
        print(f"\nthe report: {ROOT / 'report.html'}")
    return code


def tests(options: list[str]) -> int:
    """Everything that has to hold before a change lands; the first thing that does not ends it."""
    steps = [
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "ruff", "check", "."),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
        ("-m", "pytest", "tests", "-n", str(1 + (os.cpu_count() or 1)), "--dist", "worksteal", *options),  # some wait
    ]
    return next((code for code in (step(*words) for words in steps) if code), 0)


def step(*words: str) -> int:
    """One step, told before it runs."""
    print(f"\n$ python {' '.join(words)}", flush=True)
    # a test run starts hundreds of others, and each would compile every module anew where nothing may be cached
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(VENV / "pycache")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return subprocess.run([str(PYTHON), *words], cwd=ROOT, env=env, check=False).returncode
    except KeyboardInterrupt:
        return 130


def fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
