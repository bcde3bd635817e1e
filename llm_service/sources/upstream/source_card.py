"""How one watched server stands, put together from what is asked of it and what is heard, and told to the pages.

Found and lost are told at once, everything else at most once a second. A server is lost when nothing that is asked of
it answers any more; one endpoint that fails is its own concern.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, Protocol

from llm_service.background import Background
from llm_service.core import source_shapes as shapes
from llm_service.core.metrics import Sample
from llm_service.core.observations import Announced
from llm_service.core.source_shapes import Concern, Line, StreamState
from llm_service.sources.upstream.moments import REAL, Moments
from llm_service.sources.upstream.trying import in_words
from llm_service.upstreams import Upstream

log = logging.getLogger(__name__)

AT_MOST_EVERY_S = 1.0
HEARD_AGAIN_S = 10.0
"""How often "last heard" is told while nothing else changes."""
BEST_FIRST: tuple[StreamState, ...] = ("live", "stale", "connecting", "backing-off", "stopped", "none")
_IN_WORDS = {"bobspark": "a BobSpark-APIs server", "skill-training": "a skill trainer"}
_SKEW_NOISE_S = 2.0
"""A clock told in whole seconds seems to go wrong by this much without doing so."""


class Asks(Protocol):
    """What asks the server; `asking.Asking` is one."""

    def concerns(self) -> list[Concern]: ...


class SourceCard(Background):
    """One thread, which tells. `changed`, `stream`, `stream_gone` and `count` are called from any and never wait."""

    def __init__(
        self,
        upstream: Upstream,
        kind: Literal["bobspark", "skill-training"],
        publish: Callable[[Announced], None],
        *,
        skew_s: Callable[[], float | None] = lambda: None,
        moments: Moments = REAL,
    ) -> None:
        super().__init__(f"source-{upstream.name}")
        self._upstream = upstream
        self._kind = kind
        self._publish = publish
        self._skew_s = skew_s
        self._moments = moments
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._askings: list[Asks] = []
        self._streams: dict[str, Line] = {}
        self._counts = {"events": 0, "unknown_events": 0, "broken_events": 0, "stopped": 0}
        self._when_back: list[Callable[[], None]] = []
        self._told: shapes.SourceCard | None = None
        self._told_s = float("-inf")
        self._answers: bool | None = None
        self._lost_s = 0.0
        self._standing = ("none", moments.iso(), moments.monotonic())
        self._skew: float | None = None

    # -- what others hand in ------------------------------------------------------------------------------------

    def asks(self, asking: Asks) -> None:
        """Take these concerns in too; before `start`."""
        self._askings.append(asking)

    def when_back(self, call: Callable[[], None]) -> None:
        """Call this, on the card's thread, whenever the server answers again; before `start`."""
        self._when_back.append(call)

    def changed(self) -> None:
        """Something that was asked stands differently."""
        self._wake.set()

    def stream(self, key: str, line: Line) -> None:
        """A stream stands so now; one that was stopped is only counted from then on, where that was a failure."""
        with self._guard:
            if line["state"] == "stopped":
                self._streams.pop(key, None)
                self._counts["stopped"] += bool(line["reason"])
            else:
                self._streams[key] = line
        self._wake.set()

    def stream_gone(self, key: str) -> None:
        """Nobody listens to this stream any more."""
        with self._guard:
            self._streams.pop(key, None)
        self._wake.set()

    def count(self, *, events: int = 0, unknown: int = 0, broken: int = 0) -> None:
        """So much came through the streams: all events, those of a kind nobody knows, those that could not be read."""
        with self._guard:
            self._counts["events"] += events
            self._counts["unknown_events"] += unknown
            self._counts["broken_events"] += broken

    # -- what it says -------------------------------------------------------------------------------------------

    def card(self) -> shapes.SourceCard:
        """The server as it stands at this moment."""
        concerns = [concern for asking in self._askings for concern in asking.concerns()]
        asked = [concern for concern in concerns if concern["state"] != "none"]
        state: StreamState = min((concern["state"] for concern in asked), key=BEST_FIRST.index, default="none")
        failing = [concern for concern in asked if concern["reason"]]
        well = state in ("live", "none")
        return {
            "key": self._upstream.name,
            "kind": self._kind,
            "url": self._upstream.url,
            "state": state,
            "since": self._since(state),
            "last_heard_at": max(filter(None, (concern["last_heard_at"] for concern in concerns)), default=None),
            "next_try_at": None if well else min(filter(None, (one["next_try_at"] for one in failing)), default=None),
            "reason": "" if well or not failing else self._reason(failing[0], asked),
            "clock_skew_s": self._steady_skew(),
            "concerns": concerns,
            "streams": self._stream_counts(),
        }

    def _reason(self, failing: Concern, asked: list[Concern]) -> str:
        """Why it is not live; where it answers and has nothing of what is asked, that it is somebody else's address."""
        said, _, next_words = failing["reason"].rpartition("; ")
        if not said or not all(concern["missing"] for concern in asked):
            return failing["reason"]
        return f"{said}; nothing that {_IN_WORDS[self._kind]} has is at this address; {next_words}"

    def samples(self) -> Iterator[Sample]:
        """What is measured of it, for Prometheus."""
        name, card = self._upstream.name, self.card()
        streams = card["streams"]
        yield Sample("llm_service_upstream_up", card["state"] == "live", (name,))
        for state in ("open", "connecting", "backing_off"):
            yield Sample("llm_service_upstream_streams", streams[state], (name, state))
        for kind, field in (("all", "events"), ("unknown", "unknown_events"), ("broken", "broken_events")):
            yield Sample("llm_service_upstream_events_total", streams[field], (name, kind))  # type: ignore[literal-required]
        failing = sum(concern["failures"] > 0 for concern in card["concerns"])
        yield Sample("llm_service_upstream_failing", failing, (name,))

    def _since(self, state: StreamState) -> str:
        with self._guard:
            if self._standing[0] != state:
                self._standing = (state, self._moments.iso(), self._moments.monotonic())
            return self._standing[1]

    def _steady_skew(self) -> float | None:
        """The clock's lead, which stays as it was told while it moves by no more than the header's own coarseness."""
        now = self._skew_s()
        with self._guard:
            if now is None or self._skew is None or abs(now - self._skew) >= _SKEW_NOISE_S:
                self._skew = None if now is None else 0.0 if abs(now) < _SKEW_NOISE_S else now
            return self._skew

    def _stream_counts(self) -> shapes.StreamCounts:
        with self._guard:
            states = [line["state"] for line in self._streams.values()]
            counts = dict(self._counts)
        return {
            "open": states.count("live"),
            "connecting": states.count("connecting"),
            "backing_off": states.count("backing-off") + states.count("stale"),
            "stopped": counts["stopped"],
            "events": counts["events"],
            "unknown_events": counts["unknown_events"],
            "broken_events": counts["broken_events"],
        }

    # -- telling ------------------------------------------------------------------------------------------------

    def _wake_up(self) -> None:
        self._wake.set()

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopping.is_set():
            self._wake.wait(wait_s)
            self._wake.clear()
            try:
                wait_s = self._look()
            except Exception:
                self.failures += 1
                log.exception("%s: how it stands could not be told, trying again", self._upstream.name)
                wait_s = AT_MOST_EVERY_S

    def _look(self) -> float:
        """Tell what is to be told now; the seconds until the next look that nobody asks for."""
        card = self.card()
        now_s = self._moments.monotonic()
        event = self._turn(card)
        if event is None:
            if self._told is not None and _apart_from_hearing(card) == _apart_from_hearing(self._told):
                due_s = self._told_s + HEARD_AGAIN_S
                if card == self._told or now_s < due_s:
                    return HEARD_AGAIN_S if card == self._told else due_s - now_s
            elif now_s < self._told_s + AT_MOST_EVERY_S:
                return self._told_s + AT_MOST_EVERY_S - now_s
        self._told, self._told_s = card, now_s
        body: shapes.SourceEvent = {"source": card}
        self._publish(Announced("sources", event or "source.changed", body, rows={card["key"]: dict(card)}))
        return HEARD_AGAIN_S

    def _turn(self, card: shapes.SourceCard) -> str | None:
        """The event of a server that is found or lost just now, with its line in the activity feed."""
        answers = True if card["state"] == "live" else False if card["state"] in ("backing-off", "stopped") else None
        if answers is None or answers == self._answers:
            return None
        first, self._answers = self._answers is None, answers
        name = card["key"]
        if answers:
            text = f"{name} answers{'' if first else f' again, after {self._away()}'}."
            log.info("%s", text)
            self._line("source.connected", text)
            for call in self._when_back:
                call()
            return "source.connected"
        self._lost_s = self._moments.monotonic()
        reason = card["reason"].removeprefix(f"{name}: ")
        text = f"{name} {'cannot be watched' if first else 'is lost'}: {reason}"
        log.warning("%s", text)
        self._line("source.lost", text)
        return "source.lost"

    def _away(self) -> str:
        return in_words(self._moments.monotonic() - self._lost_s)

    def _line(self, event: str, text: str) -> None:
        entry = {"event": event, "at": self._moments.iso(), "text": text, "href": "#sources"}
        self._publish(Announced("activity", "activity.added", {"entry": entry}))


def _apart_from_hearing(card: shapes.SourceCard) -> Mapping[str, object]:
    """What is told at once: not that something was heard once more, and not how many events came."""
    concerns = [{**concern, "last_heard_at": None} for concern in card["concerns"]]
    streams = {**card["streams"], "events": 0}
    return {**card, "last_heard_at": None, "concerns": concerns, "streams": streams}
