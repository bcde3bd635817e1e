"""Readers that are killed and readers that run at once: nothing is lost, nothing counts twice, no cursor is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.agentlogs.kit import Store, call
from tests.kit.server import REPO, clean_environ
from tests.kit.waiting import wait_until

READ = """
import sys
from pathlib import Path
from tests.agentlogs.kit import Store
store = Store(Path(sys.argv[2]))
print("reading", flush=True)
store.read_all(Path(sys.argv[1]))
store.close()
"""
FILES, LINES = 12, 1500


def write_logs(project: Path) -> None:
    filler = "x" * 400
    for file in range(FILES):
        lines = [call(10_000 * file + number, output=number % 7, filler=filler) for number in range(LINES)]
        (project / f"{file}.jsonl").write_bytes(b"".join(lines))


def reader(home: Path, state_dir: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", READ, str(home), str(state_dir)],
        stdout=subprocess.PIPE,
        env=clean_environ(home.parent / "nobody"),
        cwd=REPO,
    )


def assert_whole(store: Store) -> None:
    output = FILES * sum(number % 7 for number in range(LINES))
    assert store.ask("SELECT count(*), sum(output_tokens) FROM invocations") == [(FILES * LINES, output)]
    assert next(iter(store.summed().values()))["output"] == output
    lines = store.ask("SELECT count(*), sum(lines), sum(messages), sum(offset = size) FROM log_files")
    assert lines == [(FILES, FILES * LINES, FILES * LINES, FILES)]


def test_kill_9_in_the_middle_of_reading_loses_and_doubles_nothing(home: Path, project: Path, tmp_path: Path) -> None:
    write_logs(project)
    state_dir = tmp_path / "state"
    store = Store(state_dir)
    seen = []
    try:
        for target in (200, 4_000, 9_000):
            process = reader(home, state_dir)
            count = wait_until(lambda target=target: rows_above(store, target), f"{target} rows", 20.0, pause_s=0.001)
            process.kill()
            process.communicate()
            seen.append(count)
        assert seen[0] < FILES * LINES
        store.read_all(home)
        assert_whole(store)
    finally:
        store.close()


def rows_above(store: Store, target: int) -> int:
    count = store.ask("SELECT count(*) FROM invocations")[0][0]
    return count if count > target else 0


def test_two_readers_at_once_count_once(home: Path, project: Path, tmp_path: Path) -> None:
    write_logs(project)
    state_dir = tmp_path / "state"
    Store(state_dir).close()
    processes = [reader(home, state_dir) for _ in range(2)]
    for process in processes:
        process.communicate(timeout=40)
        assert process.returncode == 0
    store = Store(state_dir)
    try:
        assert_whole(store)
    finally:
        store.close()
