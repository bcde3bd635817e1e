"""Which dashboard a program's rows are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_service.instance_record import Record
from llm_service.telemetry.finding import chosen, serves


def record(root: Path, port: int = 8080) -> Record:
    return Record(1234, port, f"http://127.0.0.1:{port}/", str(root), "0", "", f"{root}-state", None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("a/work/collaboration/inbox", "a/src/deep", "a/inner/tasks", "b/tasks", "c"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "b/llm-service.toml").write_text('watch_dir = "tasks"\n')
    (tmp_path / "a/inner/llm-service.toml").write_text('watch_dir = "tasks"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("cwd", "root"),
    [
        ("a", "a/work/collaboration"),
        ("a/src/deep", "a/work/collaboration"),
        ("a/work/collaboration/inbox", "a/work/collaboration"),
        ("b", "b/tasks"),
        ("b/tasks", "b/tasks"),
        ("a/inner", "a/inner/tasks"),
        ("c", None),
        (".", None),
    ],
)
def test_the_innermost_project_around_the_working_directory_counts(home: Path, cwd: str, root: str | None) -> None:
    running = [record(home / name) for name in ("a/work/collaboration", "b/tasks", "a/inner/tasks")]
    found = chosen(str(home / cwd), running)
    assert (found.root if found else None) == (str(home / root) if root else None)


def test_the_only_one_that_runs_is_the_one(home: Path) -> None:
    assert chosen(str(home / "c"), [record(home / "b/tasks")]) == record(home / "b/tasks")
    assert chosen(str(home / "c"), []) is None


def test_a_settings_file_that_cannot_be_read_is_passed_over(home: Path) -> None:
    (home / "b/llm-service.toml").write_text("watch_dir = [")
    running = [record(home / "b/tasks"), record(home / "a/work/collaboration")]
    assert chosen(str(home / "b"), running) is None
    (home / "b/llm-service.toml").write_text("watch_dir = 5")
    assert chosen(str(home / "b"), running) is None


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080/", True),
        ("http://[::1]:8080/", True),
        ("http://127.0.0.1:8081", False),
        ("https://127.0.0.1:8080", False),
        ("http://localhost.evil.example:8080", False),
        ("http://localhost", False),
        ("nonsense", False),
    ],
)
def test_an_address_is_a_dashboards_own_or_not(url: str, own: bool) -> None:
    assert serves(url, record(Path("/x"))) is own
