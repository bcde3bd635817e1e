"""What can befall a log file between two readings, and files that are no logs at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import zstandard

from llm_service.core.agentlogs.claude import ClaudeFold
from llm_service.core.agentlogs.fold import Found
from llm_service.sources.agentlogs import reading
from llm_service.sources.agentlogs.claude_files import CLAUDE
from tests.agentlogs.kit import NOW_MS, Store, call

TOKENS = "SELECT count(*), sum(output_tokens) FROM invocations"


def skipped(store: Store, home: Path) -> dict[str, int]:
    return next(iter(store.read_all(home)))["skipped"]


def test_a_half_written_line_waits_for_its_end(project: Path, home: Path, store: Store) -> None:
    log = project / "s.jsonl"
    log.write_bytes(call(1) + call(2)[:100])
    assert skipped(store, home) == {}
    assert store.ask(TOKENS) == [(1, 5)]
    log.write_bytes(call(1) + call(2) + call(3))
    store.read_all(home)
    assert store.ask(TOKENS) == [(3, 15)]
    assert store.ask("SELECT lines, messages, offset = size FROM log_files") == [(3, 3, 1)]


def test_a_whole_last_line_counts_without_its_newline(project: Path, home: Path, store: Store) -> None:
    log = project / "s.jsonl"
    log.write_bytes(call(1) + call(2).rstrip())
    store.read_all(home)
    assert store.ask(TOKENS) == [(2, 10)]
    log.write_bytes(call(1) + call(2) + call(3))
    store.read_all(home)
    assert store.ask(TOKENS) == [(3, 15)]
    assert store.ask("SELECT lines, messages FROM log_files") == [(3, 3)]


def test_a_truncated_file_is_read_from_its_start(project: Path, home: Path, store: Store) -> None:
    log = project / "s.jsonl"
    log.write_bytes(b"".join(map(call, range(10))))
    store.read_all(home)
    with log.open("r+b") as file:
        file.truncate(0)
        file.write(call(20))
    store.read_all(home)
    assert store.ask(TOKENS) == [(11, 55)]
    assert store.ask("SELECT lines FROM log_files") == [(1,)]


def test_a_file_in_place_of_another_is_read_from_its_start(project: Path, home: Path, store: Store) -> None:
    log = project / "s.jsonl"
    log.write_bytes(call(1) + call(2))
    store.read_all(home)
    other = project / "new"
    other.write_bytes(call(1) + call(2) + call(3))
    os.replace(other, log)
    store.read_all(home)
    assert store.ask(TOKENS) == [(3, 15)]


def test_a_file_written_anew_in_place_is_read_from_its_start(project: Path, home: Path, store: Store) -> None:
    """Same inode and longer than before: only its bytes tell that it is another."""
    log = project / "s.jsonl"
    log.write_bytes(call(1) + call(2))
    store.read_all(home)
    with log.open("r+b") as file:
        file.write(call(11, output=9) + call(12, output=9) + call(13, output=9))
    store.read_all(home)
    assert store.ask(TOKENS) == [(5, 37)]


def test_a_line_that_grows_in_later_copies_is_corrected(project: Path, home: Path, store: Store) -> None:
    log = project / "s.jsonl"
    for output in (1, 40, 400):
        with log.open("ab") as file:
            file.write(call(1, output))
        store.read_all(home)
        assert store.ask(TOKENS) == [(1, output)]
        assert next(iter(store.summed().values()))["output"] == output


def test_a_line_of_100_mb_is_passed_over_and_counted(project: Path, home: Path, store: Store) -> None:
    log = project / "s.jsonl"
    with log.open("wb") as file:
        file.write(call(1) + b'{"type":"user","x":"')
        for _ in range(100):
            file.write(b"y" * 1_000_000)
        file.write(b'"}\n' + call(2))
    assert skipped(store, home) == {"line too long": 1}
    assert store.ask(TOKENS) == [(2, 10)]
    assert store.ask("SELECT lines FROM log_files") == [(3,)]


def test_a_line_that_is_too_long_may_still_be_growing(
    project: Path, home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 1000)
    log = project / "s.jsonl"
    log.write_bytes(call(1) + b"y" * 1500)
    assert skipped(store, home) == {"line too long": 1}
    with log.open("ab") as file:
        file.write(b"y" * 1500)
    assert skipped(store, home) == {"line too long": 1}
    with log.open("ab") as file:
        file.write(b"y\n" + call(2))
    assert skipped(store, home) == {"line too long": 1}
    assert store.ask(TOKENS) == [(2, 10)]
    assert store.ask("SELECT lines, offset = size FROM log_files") == [(3, 1)]


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
def test_the_size_of_the_pieces_changes_nothing(
    piece: int, project: Path, home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE", piece)
    monkeypatch.setattr(reading, "LONGEST_LINE", 1500)
    lines = [call(1), b"\n", call(2, filler="x" * 3000), b"\r\n", call(3), call(4).rstrip()]
    (project / "s.jsonl").write_bytes(b"".join(lines))
    assert skipped(store, home) == {"line too long": 1}
    assert store.ask(TOKENS) == [(3, 15)]


def test_a_packed_file_is_read_and_a_damaged_one_is_told_of(project: Path, home: Path, store: Store) -> None:
    tool = CLAUDE._replace(wanted=lambda path, root: path.suffix == ".zst")
    packed = zstandard.ZstdCompressor().compress(b"".join(map(call, range(1000))))
    (project / "good.jsonl.zst").write_bytes(packed + zstandard.ZstdCompressor().compress(call(1000).rstrip()))
    (project / "torn.jsonl.zst").write_bytes(packed[: len(packed) // 2])
    (project / "damaged.jsonl.zst").write_bytes(packed[: len(packed) // 2] + b"\0" * 400)
    (project / "none.jsonl.zst").write_bytes(b"not packed at all")
    for _ in range(2):
        source = store.read_all(home, tools=(tool,))[0]
        assert store.ask(TOKENS) == [(1001, 5005)]
        assert source["skipped"]["unreadable file"] == 2
        assert "cannot be unpacked" in (source["error"] or "")
    assert store.ask("SELECT lines FROM log_files WHERE path LIKE '%good%'") == [(1000,)]


def test_what_is_no_file_is_refused_and_the_rest_is_read(project: Path, home: Path, store: Store) -> None:
    (project / "good.jsonl").write_bytes(call(1))
    os.mkfifo(project / "pipe.jsonl")
    (project / "folder.jsonl").mkdir()
    (project / "loop.jsonl").symlink_to(project / "loop.jsonl")
    (project / "round").symlink_to(project.parent)
    (project / "away.jsonl").symlink_to(project / "nothing")
    source = store.read_all(home)[0]
    assert store.ask(TOKENS) == [(1, 5)]
    assert source["skipped"] == {"unreadable file": 1}
    assert source["error"] == f"{project}/pipe.jsonl: not a regular file"


def test_a_file_that_may_not_be_read_is_read_once_it_may(
    project: Path, home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a.jsonl").write_bytes(call(1))
    (project / "b.jsonl").write_bytes(call(2))
    really_open = os.open

    def refuse(path: object, *more: object, **named: object) -> int:
        # The tests may run as root, whom no mode stops.
        if str(path).endswith("a.jsonl"):
            raise PermissionError(13, "Permission denied")
        return really_open(path, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    source = store.read_all(home)[0]
    assert "no permission to read the file" in (source["error"] or "")
    assert store.ask(TOKENS) == [(1, 5)]
    monkeypatch.undo()
    assert store.read_all(home)[0]["error"] is None
    assert store.ask(TOKENS) == [(2, 10)]


def test_times_and_names_no_database_wants_do_no_harm(project: Path, home: Path, store: Store) -> None:
    lines = [
        call(1, at="2031-01-01T00:00:00Z"),
        call(2, at="yesterday"),
        call(3, at="0001-01-01T00:00:00+14:00"),
        call(4, sessionId="\ud800\0\n" + "s" * 9000),
        call(5, at="2026-10-05T12:00:00+02:00"),
    ]
    (project / "s.jsonl").write_bytes(b"".join(lines))
    source = store.read_all(home)[0]
    assert source["skipped"] == {"no usable time": 2, "time in the future": 1}
    assert all(at_ms < NOW_MS for (at_ms,) in store.ask("SELECT at_ms FROM invocations"))
    assert store.ask("SELECT at_ms FROM invocations WHERE invocation_id = 'claude:msg_5'") == [(1_791_194_400_000,)]


def test_a_path_that_is_no_text_is_followed_all_the_same(project: Path, home: Path, store: Store) -> None:
    odd = os.fsdecode(bytes(project) + b"/caf\xe9.jsonl")
    Path(odd).write_bytes(call(1))
    store.read_all(home)
    with open(odd, "ab") as file:
        file.write(call(2))
    store.read_all(home)
    assert store.ask(TOKENS) == [(2, 10)]
    assert store.ask("SELECT lines FROM log_files") == [(2,)]


def test_a_new_database_learns_everything_again(project: Path, home: Path, store: Store) -> None:
    (project / "s.jsonl").write_bytes(call(1))
    store.read_all(home)
    for table in ("log_files", "invocations", "ids", "rollups", "doors"):
        store.recorder.write(lambda connection, table=table: connection.execute(f"DELETE FROM {table}"))
    store.read_all(home)
    assert store.ask(TOKENS) == [(1, 5)]


def test_a_damaged_cursor_only_costs_a_second_reading(project: Path, home: Path, store: Store) -> None:
    (project / "s.jsonl").write_bytes(call(1))
    store.read_all(home)
    store.recorder.write(lambda connection: connection.execute("UPDATE log_files SET state = '{'"))
    store.read_all(home)
    assert store.ask(TOKENS) == [(1, 5)]
    assert store.ask("SELECT json_valid(state) FROM log_files") == [(1,)]


def test_a_reader_that_fails_on_one_log_does_not_cost_the_others(project: Path, home: Path, store: Store) -> None:
    class Failing(ClaudeFold):
        def feed(self, lines: Sequence[bytes]) -> Found:
            if any(b"fails" in line for line in lines):
                raise RuntimeError("a new version")
            return super().feed(lines)

    tool = CLAUDE._replace(make_fold=lambda path, root, state, lookup: Failing("x", None, state))
    (project / "a.jsonl").write_bytes(call(1) + call(2, sessionId="fails"))
    (project / "b.jsonl").write_bytes(call(3))
    source = store.read_all(home, tools=(tool,))[0]
    assert store.ask(TOKENS) == [(1, 5)]
    assert "its reader failed: RuntimeError('a new version')" in (source["error"] or "")
    store.read_all(home)
    assert store.ask(TOKENS) == [(3, 15)]
