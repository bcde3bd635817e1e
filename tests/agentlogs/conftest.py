"""A home folder of nobody's, and a database that its logs are read into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agentlogs.kit import Store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def project(home: Path) -> Path:
    """A project's folder of Claude Code's sessions."""
    path = home / ".claude/projects/-home-ada-widget"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "state")
    yield made
    made.close()
