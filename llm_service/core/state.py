"""Everything the dashboard knows, as one fold: an observation and the time in, numbered events out."""

from __future__ import annotations

from collections.abc import Mapping

from llm_service.core.activity import Activity
from llm_service.core.board import Board, Change
from llm_service.core.events import FAMILIES, ROWS, TOPICS
from llm_service.core.observations import Announced, BoardCondition, FilesChanged, Observation
from llm_service.core.query import Query, column_page
from llm_service.core.shapes import BoardNoted, BoardSnapshot, ListedChange, TaskEvent
from llm_service.core.stream import Numbered, Stream
from llm_service.core.tasks import COLUMNS
from llm_service.core.wire import change_json

SINGLY = 100
"""More changes than this at once are one `board.changed`."""
AT_MOST = 20_000
"""More changes than this at once are a fresh snapshot for everybody: 30 MB of changes help nobody."""
STANDING_WEIGHT = 100
"""Fifty standing bodies are kept to be replayed: each is as large as a hundred changes."""
SNAPSHOT_EVERY_S = 0.3
"""While the folder is first read, everybody gets a fresh snapshot at most this often."""


class State:
    """Owned by one thread. `apply` folds; the rest reads."""

    def __init__(self, epoch: str, root: str) -> None:
        self.epoch = epoch
        self.root = root
        self.board = Board()
        self.activity = Activity()
        self.condition = BoardCondition(loading=True, waiting=False)
        self.streams = {topic: Stream(topic, epoch) for topic in TOPICS}
        self._standing: dict[str, Mapping[str, object]] = {}
        self._rows: dict[str, dict[str, Mapping[str, object]]] = {topic: {} for topic in ROWS}
        self._unshown = False
        self._shown_s = float("-inf")
        self._snapshot: tuple[int, BoardSnapshot] | None = None

    def apply(self, observation: Observation, now_s: float, at: str) -> list[Numbered]:
        """Fold one observation in; `now_s` is monotonic seconds, `at` the same moment as ISO UTC."""
        events: list[Numbered] = []
        if isinstance(observation, BoardCondition):
            events.extend(self._condition(observation, now_s, at))
        if isinstance(observation, Announced):
            events.extend(self._announce(observation, at))
        changes: list[Change] = []
        if isinstance(observation, FilesChanged):
            changes = self.board.apply(observation, now_s)
        if changes and isinstance(observation, FilesChanged) and observation.loading:
            self._unshown = True
            changes = []
        changes = [*changes, *self.board.expire(now_s)]
        if changes:
            events.extend(self._tell(changes, at))
        if self._unshown and now_s - self._shown_s >= SNAPSHOT_EVERY_S:
            events.append(self._show(now_s, at))
        return events

    def next_deadline_s(self) -> float | None:
        """When `apply(TimePassed())` has something to do, in monotonic seconds."""
        return self.board.next_deadline_s()

    def snapshot(self, topic: str, at: str) -> Numbered:
        """The topic as it stands now, as a point of its stream."""
        return self.streams[topic].stamp(_snapshot_of(topic), _timed(self._body(topic), at), at)

    def rows(self, topic: str) -> Mapping[str, Mapping[str, object]]:
        """The things that a topic of `ROWS` lists, by key, the earliest known first."""
        return self._rows[topic]

    def knows(self, topic: object) -> bool:
        """Whether there is such a topic now. That of one thing begins when it is first asked for."""
        if not isinstance(topic, str):
            return False
        family, _, key = topic.partition(":")
        if topic not in self.streams and family in FAMILIES and key in self._rows[FAMILIES[family]]:
            self.streams[topic] = Stream(topic, self.epoch)
        return topic in self.streams

    def repeat(self, at: str) -> list[Numbered]:
        """A numbered snapshot of every topic for everybody, after events that did not reach them."""
        return [
            stream.restart(_snapshot_of(topic), _timed(self._body(topic), at), at)
            for topic, stream in self.streams.items()
        ]

    def begin_again(self) -> None:
        """Forget the board; it is loading until the source told everything once more. Numbers go on."""
        self.board = Board()
        self.condition = BoardCondition(loading=True, waiting=False, degraded=self.condition.degraded)
        self._unshown = True
        self._snapshot = None

    def _body(self, topic: str) -> Mapping[str, object]:
        if topic == "board":
            return self.board_snapshot()
        if topic == "activity":
            return {"entries": list(self.activity.entries)}
        family, _, key = topic.partition(":")
        if family in FAMILIES:
            return {family: self._rows[FAMILIES[family]].get(key)}
        standing = self._standing.get(topic, {})
        return {**standing, ROWS[topic]: list(self._rows[topic].values())} if topic in ROWS else standing

    def board_snapshot(self) -> BoardSnapshot:
        """Counts and the first cards of each column; kept until the stream moves on."""
        seq = self.streams["board"].seq
        if self._snapshot is None or self._snapshot[0] != seq or self._unshown:
            self._snapshot = (seq, self._make_snapshot())
        return self._snapshot[1]

    def noted(self) -> BoardNoted:
        """The board's own condition."""
        condition = self.condition
        return {
            "counts": self.board.counts(),
            "loading": condition.loading,
            "root": self.root,
            "waiting": condition.waiting,
            "degraded": list(condition.degraded),
        }

    def _announce(self, announced: Announced, at: str) -> list[Numbered]:
        for key, row in announced.rows.items():
            self._list(announced.topic, key, row)
        if announced.aside:
            self._standing[announced.topic] = {**self._standing.get(announced.topic, {}), **announced.aside}
        if not self.knows(announced.topic):
            # Of one thing that nobody has asked for, or that is no longer listed: nobody is told.
            return []
        if announced.standing:
            self._standing[announced.topic] = announced.body
        if announced.event == "activity.added":
            self.activity.keep(announced.body)
        # A standing body is whole: whoever missed some of them needs the last, which a snapshot is too.
        weight = STANDING_WEIGHT if announced.standing else max(1, len(announced.rows))
        return [self.streams[announced.topic].add(announced.event, _timed(announced.body, at), at, weight)]

    def _list(self, topic: str, key: str, row: Mapping[str, object] | None) -> None:
        if row is not None:
            self._rows[topic][key] = row
        elif self._rows[topic].pop(key, None) is not None:
            for family, parent in FAMILIES.items():
                if parent == topic:
                    self.streams.pop(f"{family}:{key}", None)

    def _condition(self, condition: BoardCondition, now_s: float, at: str) -> list[Numbered]:
        loaded = self.condition.loading and not condition.loading
        if condition == self.condition:
            return []
        self.condition = condition
        if loaded:
            return [self._show(now_s, at)]
        return [self.streams["board"].add("board.noted", self.noted(), at)]

    def _tell(self, changes: list[Change], at: str) -> list[Numbered]:
        counts = self.board.counts()
        board, activity = self.streams["board"], self.streams["activity"]
        grouped = len(changes) > SINGLY
        if len(changes) > AT_MOST:
            events = [board.restart("board.snapshot", self._make_snapshot(), at)]
        elif grouped:
            listed: list[ListedChange] = [
                {"event": change.event, **change_json(change.card, change.old)} for change in changes
            ]
            body = {"changes": listed, "counts": counts}
            events = [board.add("board.changed", body, at, weight=len(listed))]
        else:
            events = []
            for change in changes:
                event: TaskEvent = {**change_json(change.card, change.old), "timestamp": at, "counts": counts}
                events.append(board.add(change.event, event, at))
        for entry in self.activity.note(changes, at, grouped=grouped):
            events.append(activity.add("activity.added", {"entry": entry}, at))
        return events

    def _show(self, now_s: float, at: str) -> Numbered:
        self._shown_s = now_s
        numbered = self.streams["board"].restart("board.snapshot", self._make_snapshot(), at)
        self._unshown = False
        return numbered

    def _make_snapshot(self) -> BoardSnapshot:
        board = self.board
        cards = list(board.cards.values())
        columns = {
            column.value: column_page(
                (card for card in cards if card.column is column),
                Query(),
                total=board.counts()[column.value],
                problems=board.problems_in(column),
                agents=dict(board.tally[column]),
            )
            for column in COLUMNS
        }
        noted = self.noted()
        return {
            "counts": noted["counts"],
            "columns": columns,
            "loading": noted["loading"],
            "root": noted["root"],
            "waiting": noted["waiting"],
            "degraded": noted["degraded"],
        }


def _snapshot_of(topic: str) -> str:
    """Name of a topic's snapshot: those of single things share one."""
    return f"{topic.partition(':')[0]}.snapshot"


def _timed(body: Mapping[str, object], at: str) -> Mapping[str, object]:
    """A body's own `timestamp` is the moment it is told."""
    return {**body, "timestamp": at} if "timestamp" in body else body
