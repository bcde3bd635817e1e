"""The board's history in a real database: what the hub tells, what happened while nobody watched, and looking back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service.core.observations import Announced, BoardCondition, FilesChanged, FileSeen
from llm_service.core.query import BadQuery
from llm_service.core.state import State
from llm_service.core.taskfile import read_content
from llm_service.core.tasks import FileStamp
from llm_service.core.times import iso_seconds
from llm_service.core.wire import card_json
from llm_service.hub import Hub
from llm_service.telemetry.database import Database
from llm_service.telemetry.history import Board, History
from llm_service.telemetry.looking_back import LookingBack
from llm_service.telemetry.recorder import Recorder
from tests.kit.waiting import wait_until
from tests.telemetry.budget_kit import NoPrices

NOON = 1_798_804_800_000  # 2027-01-01T12:00:00Z
HOUR = 3_600_000


class Life:
    """One run of a process over a state directory, with a clock that the test moves."""

    def __init__(self, state_dir: Path, clock: list[int], files: dict[str, str]) -> None:
        now = lambda: clock[0]  # noqa: E731
        self.clock = clock
        self.database = Database.open(state_dir, zone="UTC", now_ms=now)
        self.recorder = Recorder(self.database, NoPrices(), now_ms=now)
        self.hub = Hub(State("epoch", "/root"), monotonic=time.monotonic, now_iso=lambda: iso_seconds(now() / 1000))
        self.history = History(self.recorder, self._board, now_ms=now)
        self.hub.add_sink(self.history.sink)
        self.back = LookingBack(self.database, self.database.zone, now_ms=now)
        self.hub.start()
        self.recorder.start()
        self.history.start()
        self.hub.publish(BoardCondition(loading=True, waiting=False))
        self.see(files, loading=True)
        self.hub.publish(BoardCondition(loading=False, waiting=False))
        wait_until(lambda: self.history._watching, "the first comparison")

    def _board(self) -> Board:
        return self.hub.ask(
            lambda state: Board(state.streams["board"].seq, [card_json(card) for card in state.board.cards.values()])
        )

    def see(self, files: dict[str, str], gone: tuple[str, ...] = (), *, loading: bool = False) -> None:
        stamp = FileStamp(1, 1, 1, 0, 0, 0o100000)
        seen = []
        for index, (path, text) in enumerate(files.items()):
            seen.append(
                FileSeen(path, stamp._replace(ino=hash(text.split("\n")[0]) + index), read_content(text.encode()))
            )
        self.hub.publish(FilesChanged(tuple(seen), gone, loading))

    def lines(self) -> list[tuple[str, str | None]]:
        with self.database.reading() as db:
            return [tuple(row) for row in db.execute("SELECT event, task_id FROM board_history ORDER BY id")]

    def has(self, *wanted: tuple[str, str | None]) -> None:
        wait_until(lambda: self.lines()[-len(wanted) :] == list(wanted), f"the lines {wanted}")

    def end(self, *, killed: bool = False) -> None:
        if killed:
            self.history._watching = False
        self.history.stop()
        self.recorder.stop()
        self.hub.stop()


@pytest.fixture
def live(tmp_path: Path) -> Iterator:
    lives: list[Life] = []
    clock = [NOON]

    def begin(files: dict[str, str]) -> Life:
        lives.append(Life(tmp_path, clock, files))
        return lives[-1]

    yield begin
    for life in lives:
        life.end()


def task(task_id: str, more: str = "") -> str:
    return f"id: {task_id}\ntitle: Task {task_id}\n{more}"


def test_every_event_is_kept_and_a_task_has_the_moments_that_were_watched(live) -> None:
    life = live({})
    life.see({"inbox/a.yaml": task("a")})
    life.has(("task.created", "a"))
    life.clock[0] += HOUR
    life.see({"assigned/ann/a.yaml": task("a")}, gone=("inbox/a.yaml",))
    life.has(("task.assigned", "a"))
    life.clock[0] += 2 * HOUR
    life.see({"done/ann/a.yaml": task("a")}, gone=("assigned/ann/a.yaml",))
    life.has(("task.completed", "a"))
    page = life.back.flow(7)
    assert page["done"][-1] == page["created"][-1] == 1
    (finished,) = page["finished"]
    assert (finished["lead_hours"], finished["cycle_hours"], finished["watched"]) == (3, 2, True)
    since = life.back.since(NOON + HOUR)
    assert since["done"]["count"] == 1
    assert since["done"]["tasks"][0]["title"] == "Task a"
    assert since["created"]["count"] == 0


def test_tasks_from_before_the_first_start_are_known_by_their_files_and_are_no_news(live) -> None:
    stamps = "created_at: 2026-12-31T00:00:00Z\nassigned_at: 2026-12-31T06:00:00Z\ncompleted_at: 2027-01-01T06:00:00Z\n"
    life = live({"done/ann/a.yaml": task("a", stamps), "inbox/b.yaml": task("b"), "done/bob/c.yaml": task("c")})
    assert life.lines() == [("watch.started", None)]
    page = life.back.flow(7)
    assert (page["seeded"][-1], page["unknown"]) == (1, 1)
    assert (page["lead"]["p50"], page["cycle"]["p50"]) == (30, 24)
    assert life.back.since(0)["done"]["count"] == 0


def test_what_happened_while_nobody_watched_is_found_marked_and_the_gap_is_told(live) -> None:
    files = {"inbox/a.yaml": task("a"), "assigned/ann/b.yaml": task("b"), "inbox/c.yaml": task("c")}
    life = live(files)
    life.end()
    life.clock[0] += HOUR
    stopped = NOON
    later = live({"done/ann/b.yaml": task("b"), "assigned/ann/a.yaml": task("a"), "inbox/d.yaml": task("d")})
    wait_until(lambda: len(later.lines()) >= 7, "all lines")
    found = set(later.lines()[3:])
    assert found == {("task.completed", "b"), ("task.assigned", "a"), ("task.created", "d"), ("task.removed", "c")}
    since = later.back.since(stopped - 1)
    assert [gap["start"] for gap in since["gaps"]] == [iso_seconds(stopped / 1000)]
    assert since["done"]["tasks"][0]["id"] == "b"
    entries = later.back.activity_before(f"{later.clock[0] + 1}.0", 50)["entries"]
    assert all(entry["inferred"] for entry in entries)


def test_a_killed_process_leaves_a_gap_that_begins_when_it_was_last_seen(live) -> None:
    life = live({})
    life.clock[0] += HOUR
    life.see({"inbox/a.yaml": task("a")})
    life.has(("task.created", "a"))
    wait_until(lambda: _seen_ms(life) == NOON + HOUR, "the note that somebody watched")
    life.end(killed=True)
    life.clock[0] += HOUR
    later = live({"inbox/a.yaml": task("a")})
    (gap,) = later.back.since(NOON)["gaps"]
    assert gap == {"start": iso_seconds((NOON + HOUR) / 1000), "end": iso_seconds((NOON + 2 * HOUR) / 1000)}


def _seen_ms(life: Life) -> int:
    with life.database.reading() as db:
        return int(db.execute("SELECT value FROM facts WHERE name = 'watched_until_ms'").fetchone()[0])


def test_a_storm_is_kept_change_by_change_and_paged_back_through_without_doubles(live) -> None:
    life = live({})
    life.see({f"inbox/{n}.yaml": task(f"t{n}") for n in range(350)})
    wait_until(lambda: len(life.lines()) == 351, "all lines")
    cursor, seen = f"{life.clock[0]}.{(1 << 63) - 1}", []
    while cursor:
        page = life.back.activity_before(cursor, 100)
        seen += [entry["id"] for entry in page["entries"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(f"t{n}" for n in range(350))


def test_alerts_are_lines_of_the_history_too(live) -> None:
    life = live({})
    entry = {"event": "budget.alert", "at": iso_seconds(NOON / 1000), "text": "Day is over."}
    life.hub.publish(Announced("activity", "activity.added", {"entry": entry}))
    life.has(("budget.alert", None))
    assert life.back.activity_before(f"{NOON + 1}.0", 5)["entries"] == [entry]


def test_changes_that_could_not_be_kept_are_found_by_comparing(live) -> None:
    life = live({})
    life.history._lost = True
    life.see({"inbox/a.yaml": task("a")})
    life.has(("task.created", "a"))
    with life.database.reading() as db:
        assert db.execute("SELECT count(*) FROM journeys").fetchone()[0] == 1


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.x", "-1.2", "1.2.3", "9" * 60])
def test_a_foreign_cursor_is_refused(live, cursor) -> None:
    with pytest.raises(BadQuery, match="cursor"):
        live({}).back.activity_before(cursor, 10)
