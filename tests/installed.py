"""Programs that nobody here wrote, installed for the tests that judge us by them: exact versions, in pytest's cache.

Where one cannot be had, because Node or the registry is out of reach, its tests are skipped, by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

LONGEST = 300  # seconds that an installation may take
OLDEST_NODE = 20


def from_npm(config: pytest.Config, package: str) -> Path:
    """The folder that holds `node_modules` with a package such as `name@1.2.3`; skips the test if there is none."""
    if _node() < OLDEST_NODE or not shutil.which("npm"):
        pytest.skip(f"needs Node {OLDEST_NODE} or later, with npm")
    quietly = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries", "0"]
    return _folder(config, package, ("npm", "install", *quietly, package, "--prefix"))


def from_pypi(config: pytest.Config, package: str) -> Path:
    """The folder with a package such as `name==1.2.3` and what it needs; skips the test if there is none."""
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "0")
    return _folder(config, package, (*pip, package, "--target"))


def ran(command: list[str], cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program's end, with what it printed; nothing of the environment's colours or of its Python path."""
    own = {name: value for name, value in os.environ.items() if name not in {"FORCE_COLOR", "PYTHONPATH"}}
    everything = {**own, "NO_COLOR": "1", **environment}
    return subprocess.run(
        command, cwd=cwd, env=everything, capture_output=True, text=True, check=False, timeout=LONGEST
    )


@cache
def _node() -> int:
    """The major version of Node on this machine, 0 if there is none."""
    if not shutil.which("node"):
        return 0
    return int(ran(["node", "--version"]).stdout.strip().removeprefix("v").partition(".")[0] or 0)


def _folder(config: pytest.Config, package: str, command: tuple[str, ...]) -> Path:
    assert config.cache is not None
    parent = config.cache.mkdir("clausewise-installed")
    folder = parent / package.replace("/", "-")
    why = "" if folder.exists() else _installed(folder, command)
    if why:
        pytest.skip(f"needs {package}, which could not be installed: {why}")
    return folder


@cache
def _installed(folder: Path, command: tuple[str, ...]) -> str:
    """Why it could not be installed, or nothing; it appears whole, whoever else is installing it."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / "made"
        try:
            done = ran([*command, str(made)], cwd=folder.parent)
        except subprocess.TimeoutExpired:
            return f"not within {LONGEST} s"
        if done.returncode:
            return f"{'npm' if command[0] == 'npm' else 'pip'} ended with {done.returncode}"
        if not folder.exists():
            made.rename(folder)
    return ""
