"""All fixtures of Claude Code together through the real reader and a real database, in every way logs come to be."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from tests.agentlogs.kit import Store, added, expected_of, lay_out, only_tokens, rules

CLAUDE = rules("claude")
EXPECTED = added(*(only_tokens(expected_of(rule)["models"]) for rule in CLAUDE))


@pytest.fixture
def everything(home: Path) -> Path:
    for rule in CLAUDE:
        lay_out(rule, home)
    return home


def test_all_fixtures_together_give_the_sum_of_their_totals(everything: Path, store: Store) -> None:
    store.read_all(everything)
    assert store.totals() == EXPECTED
    assert store.summed() == EXPECTED


def test_a_second_reading_adds_nothing(everything: Path, store: Store) -> None:
    first = store.read_all(everything)
    second = store.read_all(everything)
    assert store.totals() == store.summed() == EXPECTED
    assert first == second


def test_copies_under_other_roots_and_names_add_nothing(everything: Path, store: Store, tmp_path: Path) -> None:
    store.read_all(everything)
    copy = tmp_path / "copy"
    shutil.copytree(everything / ".claude", copy)
    for file in copy.rglob("*.jsonl"):
        # As a resumed session does: the same lines under another session's name.
        if file.parent.name != "subagents" and file.name != "history.jsonl":
            file.rename(file.with_name(f"resumed-{file.name}"))
    environ = {"CLAUDE_CONFIG_DIR": f"{copy}, {tmp_path / 'nowhere'}"}
    sources = store.read_all(everything, environ)
    assert store.totals() == store.summed() == EXPECTED
    assert [source["found"] for source in sources if source["tool"] == "claude-code"] == [True, True, True, False]


def test_only_the_other_root_gives_the_same(everything: Path, store: Store, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.move(everything / ".claude", moved)
    store.read_all(everything, {"CLAUDE_CONFIG_DIR": str(moved / "projects")})
    assert store.totals() == store.summed() == EXPECTED


def test_figures_stay_when_the_logs_are_gone_and_when_they_come_back(everything: Path, store: Store) -> None:
    store.read_all(everything)
    away = everything.parent / "away"
    shutil.move(everything / ".claude", away)
    sources = store.read_all(everything)
    assert store.totals() == EXPECTED
    assert sources[0]["found"] is False
    assert sources[0]["lines"] > 50
    shutil.move(away, everything / ".claude")
    store.read_all(everything)
    assert store.totals() == store.summed() == EXPECTED
    assert store.ask("SELECT count(*) FROM log_files WHERE gone") == [(0,)]


def test_rotated_logs_count_once(everything: Path, store: Store) -> None:
    store.read_all(everything)
    for file in (everything / ".claude/projects").rglob("c*.jsonl"):
        content = file.read_bytes()
        os.rename(file, file.with_name(f"{file.stem}.1.jsonl"))
        file.with_suffix(".jsonl.gz").write_bytes(gzip.compress(content))
        file.write_bytes(b"")
    store.read_all(everything)
    assert store.totals() == store.summed() == EXPECTED


def test_growing_line_by_line_gives_the_same(everything: Path, store: Store, tmp_path: Path) -> None:
    """Each round every file is one line longer, and half of the next line is there already."""
    home = tmp_path / "growing"
    for other in everything.rglob("*"):
        if other.is_file() and other.suffix != ".jsonl":
            place = home / other.relative_to(everything)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(other, place)
    logs = {file: file.read_bytes().splitlines(keepends=True) for file in sorted(everything.rglob("*.jsonl"))}
    for count in range(max(map(len, logs.values())) + 1):
        for file, lines in logs.items():
            place = home / file.relative_to(everything)
            place.parent.mkdir(parents=True, exist_ok=True)
            half = lines[count][: len(lines[count]) // 2] if count < len(lines) else b""
            place.write_bytes(b"".join(lines[:count]) + half)
        store.read_all(home)
    assert store.totals() == store.summed() == EXPECTED
