"""The saved pages, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def documents(request: pytest.FixtureRequest) -> Path:
    folder: Path | None = request.config.getoption("--documents")
    if folder is None:
        pytest.skip("needs the saved pages: --documents DIR")
    return folder
