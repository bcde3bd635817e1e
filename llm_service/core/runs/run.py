"""One run as a fold of what its server's rows, its record and its stream say, in whatever order they come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from llm_service.core.bobspark.run_rows import RunRow
from llm_service.core.bobspark.stream_events import RunNews
from llm_service.core.runs.badge import NO_LINE, badge_of, progress_of
from llm_service.core.runs.chain import Chain
from llm_service.core.runs.event_text import EventText
from llm_service.core.runs.feed import PASSED_OVER
from llm_service.core.runs.gaps import MOST_GAPS, Lost, gap_of, gap_text, is_whole
from llm_service.core.runs.rate import LastMinute, Rate
from llm_service.core.runs.shapes import ENDED, RunCard, RunEvent, RunGap, RunStatus
from llm_service.core.runs.tokens import TokenCount
from llm_service.core.source_shapes import Line
from llm_service.core.times import iso_ms, iso_seconds, parse_ms

CLOSING = frozenset({"system", "finish", "done"})
"""Nodes of a run's graph that are no agents."""
LOST_STATES = ("backing-off", "stopped", "stale")
MOST_SNIPPET = 400
_TOLD = (
    *("task", "type", "domain", "model", "node", "max_iter", "created_at", "started_at", "finished_at"),
    *("duration_s", "queue_position", "wait_s", "error"),
)
"""Fields of a row that a card has as they are."""
_LOCAL_NODE = re.compile(r"local/(spark|linux)\b")


class Moment(NamedTuple):
    """Now: monotonic seconds for rates, milliseconds since 1970 for what is told."""

    s: float
    ms: int

    @property
    def iso(self) -> str:
        """As ISO UTC."""
        return iso_ms(self.ms)


class RunFold:
    """Everything known of one run. Not safe on several threads: whoever owns it has a lock."""

    def __init__(self, source: str, run_id: str, now: Moment, *, stalled_after_s: float = 30.0) -> None:
        self.key, self.id, self.source = f"{source}:{run_id}", run_id, source
        self.seen = now
        self.status: RunStatus = "unknown"
        self.batch: str | None = None
        self.cost_usd: float | None = None
        self.line: Line = {**NO_LINE, "since": now.iso}
        self.chain = Chain()
        self.gaps: list[RunGap] = []
        self.tokens_in, self.tokens_out = TokenCount(), TokenCount()
        self.lost: Lost | None = None
        self.ended_ms: int | None = None
        self.settled = False
        """Whether the server's whole telling was read after the end: then nothing more is to come."""
        self._heard_live = False
        self._stalled_after_s = stalled_after_s
        self._told: dict[str, Any] = dict.fromkeys(_TOLD)
        self._config: dict[str, Any] = {}
        self._rate, self._minute = Rate(), LastMinute()
        self._agent: str | None = None
        self._worker: str | None = None
        """The last agent that made something: whose run it was, once it is over."""
        self._iteration: int | None = None
        self._snippet = self._message = ""
        self._snippet_is_good = False
        self._first_token_ms: int | None = None
        self._last_token: Moment | None = None
        self._running_since: Moment | None = None
        self._first_event_ms: int | None = None
        self._first_work_ms: int | None = None

    # -- what comes in ------------------------------------------------------------------------------------------

    def seed(self, card: RunCard, events: Sequence[RunEvent]) -> None:
        """Go on from what an earlier process kept."""
        self._told.update({name: card[name] for name in _TOLD})  # type: ignore[literal-required]
        self._config, self.batch, self.cost_usd = dict(card["config"]), card["batch"], card["cost_usd"]
        self.status, self.gaps = card["status"], list(card["gaps"])
        self._works(card["agent"] or "")
        self._iteration = card["iteration"]
        self._snippet, self._message = card["snippet"], card["message"]
        self._rate.per_s = card["tokens_per_s"]
        self.tokens_in, self.tokens_out = TokenCount(card["tokens_in"]), TokenCount(card["tokens_out"])
        started_ms = self.begun_ms
        if card["first_token_s"] is not None:
            self._first_token_ms = started_ms + round(card["first_token_s"] * 1000)
        if card["finished_at"] is not None and self.status in ENDED:
            self.ended_ms, self.settled = parse_ms(card["finished_at"]), True
        elif self.status == "running":
            self._running_since = self.seen
            heard_ms = parse_ms(card["line"]["last_heard_at"] or card["last_token_at"] or "")
            self.lost = Lost(heard_ms or self.seen.ms, card["tokens_out"] or 0)
        self.chain.seed(events)

    def row(self, row: RunRow, now: Moment) -> None:
        """What the server's list or detail says of it."""
        for name in _TOLD:
            value = getattr(row, name)
            if value is not None:
                self._told[name] = value
        if row.config:
            self._config = {**self._config, **row.config}
        self._agent = self._agent or row.agent
        self._iterated(row.iteration)
        if self.status in ENDED and row.status not in ENDED:
            # An answer that was on its way when the run ended.
            return
        self._become(row.status, now)
        for count, told in ((self.tokens_in, row.tokens_in), (self.tokens_out, row.tokens_out)):
            if row.status in ENDED:
                count.ended(told)
            else:
                count.told(told)

    def record(self, record: Sequence[RunNews], now: Moment) -> tuple[list[EventText], list[EventText]]:
        """The server's list of the run's events; returns those new here and those that only got an id."""
        if self._first_event_ms is None and record and record[0].at is not None:
            self._first_event_ms = parse_ms(record[0].at)
        if self._first_work_ms is None:
            worked_at = next((news.at for news in record if news.at is not None and not news.waits), None)
            self._first_work_ms = parse_ms(worked_at or "")
        merged = self.chain.merge(record, now.iso, counts=not self.tokens_out.restarts)
        for _, news in merged.new:
            if news.tokens_out and self._first_token_ms is None:
                self._first_token_ms = parse_ms(news.at or now.iso)
            self._note(news)
        # Sums of the record may lag behind the row's; neither was heard as it was made, so no rate comes of them.
        self.tokens_in.told(max((news.tokens_in for news in record if news.tokens_in is not None), default=None))
        self.tokens_out.told(max((news.tokens_out for news in record if news.tokens_out is not None), default=None))
        self._rate.begin_at(now.s, self.tokens_out.value or 0)
        return [event for event, _ in merged.new], merged.confirmed

    def hear(self, news: RunNews, now: Moment, own_id: str | None = None) -> EventText | None:
        """An event of its stream; None where it was here before."""
        event = self.chain.hear(news, now.iso, own_id)
        if event is None:
            return None
        self._heard_live = True
        self._note(news)
        if news.tokens_in is not None:
            self.tokens_in.heard(news.tokens_in)
        if news.tokens_out is not None:
            self._made(self.tokens_out.heard(news.tokens_out), now)
        if news.type == "stream_end":
            self._become(news.status or "unknown", now)
        elif self.status in ("queued", "unknown") and news.type in ("node_update", "text_chunk", "usage"):
            self._become("running", now)
        return event

    def vanished(self, now: Moment) -> None:
        """Its server no longer knows it."""
        self._told["error"] = self._told["error"] or "The server no longer knows this run (404)."
        self._become("vanished", now)

    def lose(self, now: Moment) -> bool:
        """It is no longer heard; True where that is news."""
        if self.lost is not None or self.status in ENDED or not self._heard_live:
            return False
        self.lost = Lost(now.ms, self.tokens_out.value or 0)
        return True

    def find(self) -> bool:
        """It is heard again on the same stream, in which nothing can be missing; True where that is news."""
        self._heard_live = True
        was_lost, self.lost = self.lost is not None, None
        return was_lost

    def resume(
        self, now: Moment, record: Sequence[RunNews] | None, told_tokens_out: int | None
    ) -> tuple[RunGap, EventText | None] | None:
        """It is heard again on a new stream. `record` is what the server has of it, None where it could not say.

        Returns the gap that this ends, with the event that shows it unless the record filled it in.
        """
        lost, self.lost = self.lost, None
        if lost is None and not self._heard_live and told_tokens_out and not is_whole(record or (), told_tokens_out):
            # Met on the way, by a server that keeps no record: what came before is missing as well.
            lost = Lost(self.begun_ms, 0)
        self._heard_live = True
        if lost is None:
            return None
        recovered = record is not None and is_whole(record, told_tokens_out)
        gap = gap_of(lost, now.ms, None if record is None else self.tokens_out.value, recovered=recovered)
        self.gaps = [*self.gaps, gap][-MOST_GAPS:]
        return gap, None if recovered else self.chain.gap(now.iso, gap_text(gap), dict(gap))

    def release(self) -> None:
        """Nothing more is to come: forget what only a run that goes on needs, and its events."""
        self.chain.release()
        self._minute = LastMinute()

    def listened(self, now: Moment) -> None:
        """It is being listened to just now, so that silence is silence and no gap."""
        self._minute.heard(now.s)

    def launched(self, config: dict[str, Any], batch: str, told: dict[str, Any]) -> None:
        """What it was launched with, for whatever its server does not repeat."""
        self.batch = batch
        self._config = {**config, **self._config}
        for name, value in told.items():
            if self._told.get(name) is None:
                self._told[name] = value

    def queued_at(self, position: int | None, wait_s: float | None) -> None:
        """Its place in the queue."""
        self._told["queue_position"], self._told["wait_s"] = position, wait_s

    # -- what goes out ------------------------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status in ENDED

    @property
    def begun_ms(self) -> int:
        """When it began: as told, else with the first that is known of it."""
        told = parse_ms(self._told["started_at"] or self._told["created_at"] or "")
        return min(self.seen.ms, self._first_event_ms or self.seen.ms) if told is None else told

    @property
    def iteration(self) -> int | None:
        """The largest it reached."""
        return self._iteration

    @property
    def max_iter(self) -> int | None:
        """How many there may be at most."""
        return cast("int | None", self._told["max_iter"])

    def stalled(self, now: Moment) -> bool:
        """Running and heard, and for too long without a token."""
        if self.status != "running" or self.line["state"] != "live" or self.lost is not None:
            return False
        since = self._last_token or self._running_since
        return since is not None and now.s - since.s >= self._stalled_after_s

    def rate_now(self, now: Moment) -> float:
        """What it adds to the fleet's tok/s: 0 while it is not running, not heard or stalled."""
        flows = self.status == "running" and self.line["state"] == "live" and not self.stalled(now)
        return (self._rate.per_s or 0.0) if flows else 0.0

    def card(self, now: Moment) -> RunCard:
        """As it leaves the house; the dict is nobody else's."""
        told = self._told
        over = self.over
        rate = self._rate.per_s
        return {
            "key": self.key,
            "id": self.id,
            "source": self.source,
            "status": self.status,
            "badge": badge_of(self.status, self.line["state"], lost=self.lost is not None),
            "task": told["task"] or "",
            "type": told["type"],
            "domain": told["domain"],
            "model": told["model"],
            "node": told["node"] or _node_in(told["model"]),
            "agent": (self._worker or self._agent) if over else self._agent,
            "iteration": self._iteration,
            "max_iter": told["max_iter"],
            "progress": progress_of(self.status, self._iteration, told["max_iter"]),
            "tokens_in": self.tokens_in.value,
            "tokens_out": self.tokens_out.value,
            "tokens_per_s": None if rate is None else round(rate, 1),
            "rates": [] if over else self._minute.rates(now.s),
            "first_token_s": self._first_token_s(),
            "last_token_at": None if self._last_token is None else self._last_token.iso,
            "stalled": self.stalled(now),
            "snippet": self._snippet,
            "message": self._message,
            "error": told["error"] or "",
            "created_at": told["created_at"],
            "started_at": told["started_at"] or (None if (ms := self._seen_running_ms) is None else iso_ms(ms)),
            "finished_at": None if self.ended_ms is None else iso_seconds(self.ended_ms / 1000),
            "duration_s": told["duration_s"],
            "queue_position": told["queue_position"] if self.status == "queued" else None,
            "wait_s": told["wait_s"],
            "gaps": self.gaps,
            "line": self.line,
            "batch": self.batch,
            "cost_usd": self.cost_usd,
            "config": self._config,
        }

    # -- inside -------------------------------------------------------------------------------------------------

    def _become(self, status: RunStatus, now: Moment) -> None:
        if status == "unknown":
            return
        if status == "running" and self._running_since is None:
            self._running_since = now
        if status in ENDED:
            self.lost = None
            self._told_end(now)
        self.status = status

    def _told_end(self, now: Moment) -> None:
        """When it ended: as told, else as heard, else by its duration, else when that was first seen."""
        told = self._told
        at_ms = parse_ms(told["finished_at"] or "")
        if at_ms is None and self.ended_ms is None and not self._heard_live and told["duration_s"] is not None:
            at_ms = self.begun_ms + round(told["duration_s"] * 1000)
        if at_ms is not None or self.ended_ms is None:
            self.ended_ms = now.ms if at_ms is None else at_ms

    def _note(self, news: RunNews) -> None:
        self._iterated(news.iteration)
        if news.max_iter is not None:
            self._told["max_iter"] = news.max_iter
        if news.task is not None and self._told["task"] is None:
            self._told["task"] = news.task
        self._works(news.agent or "")
        if news.type == "error":
            self._told["error"] = news.message or self._told["error"] or "The server reports an error without a word."
        elif news.message is not None:
            self._message = news.message
        if news.snippet is not None:
            good = (news.node or "").casefold() not in PASSED_OVER
            if good or not self._snippet_is_good:
                self._snippet, self._snippet_is_good = news.snippet[:MOST_SNIPPET], good

    def _works(self, agent: str) -> None:
        """Note who works now. What closes a run is nobody; a supervisor is somebody, but makes nothing."""
        if agent and agent.casefold() not in CLOSING:
            self._agent = agent
            if agent.casefold() not in PASSED_OVER:
                self._worker = agent

    def _iterated(self, iteration: int | None) -> None:
        if iteration is not None:
            self._iteration = max(iteration, self._iteration or 0)

    def _made(self, grown: int, now: Moment) -> None:
        self._rate.add(now.s, self.tokens_out.value or 0)
        if grown <= 0:
            return
        self._minute.add(now.s, grown)
        self._last_token = now
        if self._first_token_ms is None:
            self._first_token_ms = now.ms

    def _first_token_s(self) -> float | None:
        if self._first_token_ms is None:
            return None
        since_ms = parse_ms(self._told["started_at"] or "")
        if since_ms is None:
            seen_ms = self._seen_running_ms if self._heard_live else None
            since_ms = self.begun_ms if seen_ms is None else seen_ms
            if self._first_work_ms is not None and since_ms >= self._first_token_ms >= self._first_work_ms:
                # Met on the way, and its first word was a token: how long it took for that nobody told.
                return None
        return round(max(0, self._first_token_ms - min(since_ms, self._first_token_ms)) / 1000, 2)

    @property
    def _seen_running_ms(self) -> int | None:
        """When it was first known to run: by its row, or earlier by what its record tells first after any waiting."""
        if self._running_since is None:
            return None
        return min(self._running_since.ms, self._first_work_ms or self._running_since.ms)


def _node_in(model: str | None) -> str | None:
    """The machine that a local model's name tells of."""
    found = _LOCAL_NODE.match(model or "")
    return found.group(1) if found else None
