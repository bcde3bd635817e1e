"""One question to a server: how often it is wanted, when it is due, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from llm_service.clients.errors import ClientError, NotThere, Unreachable
from llm_service.core.backoff import Backoff
from llm_service.core.source_shapes import Concern, StreamState
from llm_service.sources.upstream.moments import Moments
from llm_service.sources.upstream.trying import asked_for_s, in_words, sentence

LOOK_S = 1.0
"""How soon it is noticed that a question is wanted now."""
CAP_S = 60.0
"""The longest pause after failures, unless the question is asked more seldom than that."""


class Question(NamedTuple):
    """Something that is asked for. `every_s` is looked at all the time: None while nobody wants to know.

    `ask` fetches and hands on; it raises `ClientError` where that fails.
    """

    name: str
    every_s: Callable[[], float | None]
    ask: Callable[[], None]


class Asked:
    """One question with where it stands. Touched under the guard of `Asking`."""

    def __init__(self, question: Question, moments: Moments) -> None:
        self.question = question
        self.running = False
        self.wanted = False
        self.unreachable = False
        self.due_s = 0.0
        self._moments = moments
        self._began_s = 0.0
        self._backoff = Backoff()
        self.concern: Concern = {
            "name": question.name,
            "state": "none",
            "since": moments.iso(),
            "last_heard_at": None,
            "next_try_at": None,
            "reason": "",
            "every_s": None,
            "failures": 0,
            "missing": False,
        }

    def look(self, every_s: float | None, now_s: float) -> bool:
        """It is wanted this often now; whether that is new."""
        before_s = self.concern["every_s"]
        if every_s == before_s:
            return False
        self.concern["every_s"] = every_s
        if every_s is None:
            self._rest()
        elif before_s is None:
            self.due_s = now_s
        elif not self.concern["failures"]:
            self.due_s = min(self.due_s, self._began_s + every_s)
        return True

    def is_due(self, now_s: float) -> bool:
        if self.running or self.concern["every_s"] is None:
            return False
        return self.wanted or now_s >= self.due_s

    def begin(self) -> None:
        self.running = True
        self.wanted = False
        self._began_s = self._moments.monotonic()
        if self.concern["state"] == "none":
            self._to("connecting")

    def end(self, error: ClientError | None) -> None:
        self.running = False
        self.unreachable = isinstance(error, Unreachable)
        if error is None:
            self._succeed()
        else:
            self._fail(error)
        if self.concern["every_s"] is None:
            self._rest()

    def _rest(self) -> None:
        """Nobody wants to know: nothing stands or fails."""
        self._to("none")
        self.concern["failures"], self.concern["reason"] = 0, ""
        self.due_s = float("inf")

    def _succeed(self) -> None:
        self._backoff.reset()
        self._to("live")
        concern = self.concern
        concern["failures"], concern["missing"] = 0, False
        concern["reason"], concern["next_try_at"] = "", None
        concern["last_heard_at"] = self._moments.iso()
        self.due_s = self._began_s + (self.concern["every_s"] or 0.0)

    def _fail(self, error: ClientError) -> None:
        every_s = self.concern["every_s"] or LOOK_S
        self._backoff.first_s, self._backoff.cap_s = every_s, max(CAP_S, every_s)
        # A question that fails is never asked more often than one that goes well.
        least_s = max(every_s, asked_for_s(error))
        wait_s = self._backoff.next_s(self._moments.chance(), least_s=least_s)
        self._to("backing-off")
        concern = self.concern
        concern["failures"] += 1
        concern["missing"] = isinstance(error, NotThere)
        concern["reason"] = sentence(error, f"it is asked again in {in_words(wait_s)}")
        concern["next_try_at"] = self._moments.iso(wait_s)
        self.due_s = self._moments.monotonic() + wait_s

    def _to(self, state: StreamState) -> None:
        concern = self.concern
        if concern["state"] != state:
            concern["state"], concern["since"], concern["next_try_at"] = state, self._moments.iso(), None


def worth_telling(concern: Concern) -> tuple[object, ...]:
    """What of a concern is worth telling: not that it was heard once more."""
    return concern["state"], concern["failures"], concern["missing"], concern["reason"], concern["every_s"]
