"""One thread writes for all: answered after the commit, bounded, and no failure of one costs another."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry.database import Database
from llm_service.telemetry.recorder import Committed, Recorded, Recorder
from llm_service.telemetry.work_queue import WorkQueue
from tests.kit.store import ask, open_database, recording, row
from tests.kit.waiting import wait_until


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    with recording(database) as started:
        yield started


class Held:
    """A write that keeps the recorder busy until it is let go."""

    def __init__(self, recorder: Recorder) -> None:
        self._let_go = threading.Event()
        begun = threading.Event()

        def work(connection: sqlite3.Connection) -> None:
            begun.set()
            assert self._let_go.wait(20)

        assert recorder.post(work)
        assert begun.wait(10)
        self.release: Callable[[], None] = self._let_go.set


def test_what_was_answered_can_be_read(recorder: Recorder, database: Database) -> None:
    assert recorder.record([row("a")]) == Recorded(accepted=1)
    assert ask(database, "SELECT count(*) FROM invocations") == [(1,)]
    assert recorder.record([]) == Recorded()


def test_many_callers_share_commits_and_each_gets_its_own_answer(recorder: Recorder) -> None:
    commits: list[Committed] = []
    recorder.on_commit(commits.append)
    held = Held(recorder)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(recorder.record, [row(f"id-{number}"), row("shared")]) for number in range(8)]
        wait_until(lambda: recorder._queue.rows == 17, "all that was handed in")
        held.release()
        told = [answer.result() for answer in answers]
    assert sorted(told) == [Recorded(1, 1)] * 7 + [Recorded(2, 0)]
    assert len(commits) == 1
    assert commits[0].counted == 9


def test_listeners_get_at_most_a_thousand_of_the_newest_rows(recorder: Recorder) -> None:
    commits: list[Committed] = []
    recorder.on_commit(commits.append)
    recorder.record([row(f"id-{number}") for number in range(1_500)])
    recorder.record([row("id-0")])  # known: nothing to tell
    recorder.record([row("last", model="new-model")])
    wait_until(lambda: len(commits) == 2, "two commits")
    assert (len(commits[0].rows), commits[0].counted, commits[0].rows[-1].invocation.invocation_id) == (
        *(1_000, 1_500),
        "id-1499",
    )
    assert commits[1].rows[0].cost_nano is None


def test_rows_and_what_belongs_to_them_are_one_transaction(recorder: Recorder, database: Database) -> None:
    def cursor(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO facts VALUES ('cursor', '7')")

    recorder.record([row("a")], also=cursor)
    with pytest.raises(sqlite3.IntegrityError):
        recorder.record(
            [row("b")], also=lambda connection: connection.execute("INSERT INTO facts VALUES ('cursor', 0)")
        )
    assert ask(database, "SELECT invocation_id, value FROM invocations, facts WHERE name = 'cursor'") == [("a", "7")]


def test_one_failing_write_costs_only_itself(recorder: Recorder, database: Database) -> None:
    held = Held(recorder)
    too_large = row("huge", input_tokens=2**63)
    with ThreadPoolExecutor(4) as pool:
        good = pool.submit(recorder.record, [row("a")])
        bad = pool.submit(recorder.record, [row("b"), too_large])
        other = pool.submit(recorder.write, lambda connection: 42)
        wait_until(lambda: recorder._queue.rows == 5, "all that was handed in")
        assert recorder.offer([too_large])
        held.release()
        assert good.result() == Recorded(accepted=1)
        assert other.result() == 42
        with pytest.raises(OverflowError):
            bad.result()
    wait_until(lambda: recorder.failures == 2, "both failures counted")
    assert recorder.dropped == 1
    assert ask(database, "SELECT invocation_id FROM invocations") == [("a",)]


def test_a_listener_that_fails_costs_nobody_else(recorder: Recorder) -> None:
    heard: list[int] = []

    def fail(committed: Committed) -> None:
        raise RuntimeError("deaf")

    recorder.on_commit(fail)
    recorder.on_commit(lambda committed: heard.append(committed.counted))
    recorder.record([row("a")])
    recorder.record([row("b")])
    wait_until(lambda: heard == [1, 1], "both commits heard")


def test_a_full_queue_drops_what_is_offered_and_counts_it(database: Database) -> None:
    with recording(database, queue=WorkQueue(max_rows=10)) as recorder:
        held = Held(recorder)
        assert recorder.offer([row(f"id-{number}") for number in range(9)])
        # Neither waits for room: there is none before the end.
        assert not recorder.offer([row("x"), row("y")])
        assert not recorder.offer([row("kept by who offers it")], again=True)
        assert not recorder.post(lambda connection: None)
        assert recorder.dropped == 3
        assert recorder.condition == ("3 rows of telemetry could not be kept since the start.",)
        with pytest.raises(TelemetryUnavailable, match="behind"):
            recorder.record([row("z")], timeout_s=0.05)
        held.release()
        # Who waits gets room as soon as there is some.
        assert recorder.record([row("z")]) == Recorded(accepted=1)
    assert ask(database, "SELECT value FROM counters WHERE name = 'dropped'") == [(3,)]
    assert ask(database, "SELECT count(*) FROM invocations") == [(10,)]


def test_the_queue_is_bounded_in_bytes_too(database: Database) -> None:
    with recording(database, queue=WorkQueue(max_bytes=10_000)) as recorder:
        held = Held(recorder)
        assert not recorder.offer([row("long", error="x" * 20_000)])
        held.release()
        # One that is larger than the queue goes through alone.
        assert recorder.record([row("long", error="x" * 20_000)]) == Recorded(accepted=1)


def test_an_answer_that_does_not_come_in_time_is_an_error_and_the_rows_are_withdrawn(
    recorder: Recorder, database: Database
) -> None:
    held = Held(recorder)
    with pytest.raises(TelemetryUnavailable, match=r"not kept within 0.05 s"):
        recorder.record([row("late")], timeout_s=0.05)
    held.release()
    assert recorder.record([row("after")]) == Recorded(accepted=1)
    assert ask(database, "SELECT invocation_id FROM invocations") == [("after",)]


def test_stopping_writes_what_waits(database: Database) -> None:
    with recording(database) as recorder:
        for number in range(200):
            assert recorder.offer([row(f"id-{number}")])
    assert ask(database, "SELECT count(*) FROM invocations") == [(200,)]
    with pytest.raises(TelemetryUnavailable):
        recorder.record([row("after the end")])
    assert not recorder.offer([row("after the end")])


def test_stopping_keeps_its_deadline(database: Database) -> None:
    recorder = Recorder(database, _Slow(), now_ms=lambda: 0)
    recorder.start()
    recorder.offer([row("a")])
    begun = time.monotonic()
    recorder.stop(deadline_s=0.2)
    assert time.monotonic() - begun < 10
    _Slow.over.set()
    wait_until(lambda: not recorder.alive, "the end of the recorder")


class _Slow:
    """Prices that take their time."""

    over = threading.Event()

    def prepare(self, rows: object) -> None:
        self.over.wait(10)

    def quote_for(self, invocation: object) -> None:
        return None

    def save(self, connection: object, now_ms: int) -> None:
        pass

    def saved(self) -> None:
        pass


def test_waiting_on_the_recorders_own_thread_is_refused(recorder: Recorder) -> None:
    with pytest.raises(RuntimeError, match="offer or post"):
        recorder.write(lambda connection: recorder.record([row("a")]))


def test_two_programs_write_into_one_file(database: Database, tmp_path: Path) -> None:
    with recording(database) as one, recording(open_database(tmp_path)) as other:
        for number in range(50):
            assert one.record([row(f"one-{number}"), row(f"both-{number}")]).accepted == 2
            assert other.record([row(f"other-{number}"), row(f"both-{number}")]) == Recorded(1, 1)
    assert ask(database, "SELECT count(*), count(DISTINCT id) FROM invocations") == [(150, 150)]
