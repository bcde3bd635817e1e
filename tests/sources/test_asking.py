"""Each question alone: its own time, its own failure; one that hangs or fails never delays another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from llm_service.clients.errors import Busy, ClientError, Denied, NotThere, ServerFailed, Unreachable
from llm_service.core.source_shapes import Concern
from llm_service.sources.upstream.asking import Asking, Question
from llm_service.sources.upstream.moments import Moments
from tests.kit.waiting import wait_until

ALWAYS_LATE = Moments(chance=lambda: 1.0)


class Asked:
    """A question of the test: what it does can be exchanged while it is asked."""

    def __init__(self, name: str, every_s: float | None = 0.05) -> None:
        self.name = name
        self.every_s = every_s
        self.at_s: list[float] = []
        self.failing: Exception | None = None
        self.hangs = threading.Event()
        self.let_go = threading.Event()

    def ask(self) -> None:
        self.at_s.append(time.monotonic())
        if self.hangs.is_set():
            self.let_go.wait(20)
        if self.failing is not None:
            raise self.failing

    @property
    def question(self) -> Question:
        return Question(self.name, lambda: self.every_s, self.ask)

    @property
    def times(self) -> int:
        return len(self.at_s)


@pytest.fixture
def asking() -> Iterator[Callable[..., Asking]]:
    made: list[tuple[Asking, tuple[Asked, ...]]] = []

    def make(*asked: Asked, moments: Moments = ALWAYS_LATE, changed: Callable[[], None] = lambda: None) -> Asking:
        made.append((Asking("spark", [one.question for one in asked], changed, moments=moments), asked))
        made[-1][0].start()
        return made[-1][0]

    yield make
    for each, asked in made:
        for one in asked:
            one.let_go.set()
        each.stop(2.0)
        wait_until(lambda each=each: not _threads(each), "the end of whoever asked")


MakeAsking = Callable[..., Asking]


def _threads(asking: Asking) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("asking-spark")]


def concern(asking: Asking, name: str) -> Concern:
    return next(each for each in asking.concerns() if each["name"] == name)


def in_state(asking: Asking, name: str, state: str, **more: Any) -> Concern:
    def found() -> Concern | None:
        now = concern(asking, name)
        return now if now["state"] == state and all(now[key] == more[key] for key in more) else None  # type: ignore[literal-required]

    got = wait_until(found, f"{name} in the state {state} with {more}, not {concern(asking, name)}")
    assert got is not None
    return got


def test_each_question_is_asked_at_once_and_then_in_its_own_time(asking: MakeAsking) -> None:
    quick, slow = Asked("quick", 0.03), Asked("slow", 60.0)
    asks = asking(quick, slow)
    wait_until(lambda: quick.times >= 10, "ten answers")
    assert slow.times == 1
    live = in_state(asks, "quick", "live")
    assert (live["every_s"], live["failures"], live["reason"], live["next_try_at"]) == (0.03, 0, "", None)
    assert live["last_heard_at"] is not None
    gaps = [later - sooner for sooner, later in zip(quick.at_s, quick.at_s[1:], strict=False)]
    assert min(gaps) > 0.01


def test_a_question_that_hangs_delays_no_other_and_is_not_asked_twice(asking: MakeAsking) -> None:
    dead = [Asked(f"dead-{number}") for number in range(6)]
    for each in dead:
        each.hangs.set()
    well = Asked("well")
    asks = asking(*dead, well)
    wait_until(lambda: well.times >= 10, "ten answers")
    assert [each.times for each in dead] == [1] * 6
    assert concern(asks, "dead-0")["state"] == "connecting"


def test_whoever_asks_is_used_again(asking: MakeAsking) -> None:
    one, two = Asked("one", 0.01), Asked("two", 0.01)
    asks = asking(one, two)
    wait_until(lambda: one.times + two.times >= 40, "forty answers")
    assert len(_threads(asks)) <= 3


def test_a_question_that_fails_is_backed_off_alone_and_says_what_is_tried_next(asking: MakeAsking) -> None:
    bad, well = Asked("bad", 4.0), Asked("well")
    bad.failing = ServerFailed("spark: GET http://10.0.0.69:9010/api/runs answered 500 (Internal Server Error)", 500)
    asks = asking(bad, well)
    wait_until(lambda: well.times >= 5, "five answers")
    failing = in_state(asks, "bad", "backing-off")
    assert failing["reason"] == (
        "spark: GET http://10.0.0.69:9010/api/runs answered 500 (Internal Server Error); it is asked again in 4 s."
    )
    assert failing["failures"] == 1
    assert failing["next_try_at"] is not None
    assert not failing["missing"]
    assert concern(asks, "well")["state"] == "live"


def test_pauses_grow_and_end_with_the_first_answer(asking: MakeAsking) -> None:
    bad = Asked("bad", 0.05)
    bad.failing = ServerFailed("no", 500)
    asks = asking(bad)
    wait_until(lambda: bad.times >= 4, "four tries")
    bad.failing = None
    live = in_state(asks, "bad", "live")
    assert (live["failures"], live["reason"]) == (0, "")
    gaps = [later - sooner for sooner, later in zip(bad.at_s, bad.at_s[1:], strict=False)][:3]
    assert gaps[0] > 0.04
    assert gaps[1] > 0.09
    assert gaps[2] > 0.19


@pytest.mark.parametrize(
    ("error", "words", "missing"),
    [
        (NotThere("spark: GET /x answered 404", 404), "it is asked again in 60 s.", True),
        (
            Denied("spark: GET /x answered 401", 401),
            "set its token in the user's llm-service.toml and start again; it is asked again in 60 s.",
            False,
        ),
        (Busy("spark: GET /x answered 429", 429, 300.0), "it is asked again in 5 min.", False),
        (Busy("spark: GET /x answered 503", 503, None), "it is asked again in 1 s.", False),
    ],
)
def test_what_is_missing_denied_or_busy_gets_the_time_it_asks_for(
    asking: MakeAsking, error: ClientError, words: str, missing: bool
) -> None:
    bad = Asked("bad")
    bad.failing = error
    failing = in_state(asking(bad), "bad", "backing-off")
    assert failing["reason"].endswith(words)
    assert failing["missing"] is missing


def test_nobody_looks_and_nothing_is_asked_until_somebody_does(asking: MakeAsking) -> None:
    seldom, marker = Asked("seldom", None), Asked("marker", 0.02)
    asks = asking(seldom, marker)
    wait_until(lambda: marker.times >= 5, "five answers")
    assert seldom.times == 0
    assert concern(asks, "seldom")["state"] == "none"
    seldom.every_s = 60.0
    in_state(asks, "seldom", "live", every_s=60.0)
    seldom.every_s = None
    in_state(asks, "seldom", "none", every_s=None)
    assert seldom.times == 1
    seldom.failing = ServerFailed("no", 500)
    seldom.every_s = 60.0
    in_state(asks, "seldom", "backing-off", failures=1)
    seldom.every_s = None
    in_state(asks, "seldom", "none", failures=0, reason="")


def test_asking_soon_does_not_wait_for_the_time(asking: MakeAsking) -> None:
    slow = Asked("slow", 60.0)
    asks = asking(slow)
    in_state(asks, "slow", "live")
    asks.ask_soon("slow")
    wait_until(lambda: slow.times == 2, "the second time")


def test_asking_soon_while_it_is_asked_means_once_more(asking: MakeAsking) -> None:
    slow = Asked("slow", 60.0)
    slow.hangs.set()
    asks = asking(slow)
    wait_until(lambda: slow.times == 1, "the first time")
    asks.ask_soon("slow")
    slow.hangs.clear()
    slow.let_go.set()
    wait_until(lambda: slow.times == 2, "the second time")


def test_a_server_that_goes_away_is_noticed_by_all_questions_at_once_and_so_is_its_return(asking: MakeAsking) -> None:
    often, seldom = Asked("often", 0.2), Asked("seldom", 300.0)
    asks = asking(often, seldom)
    in_state(asks, "seldom", "live")
    often.failing = seldom.failing = Unreachable("spark: GET http://spark/x cannot be reached: connection refused")
    in_state(asks, "often", "backing-off")
    in_state(asks, "seldom", "backing-off")
    often.failing = seldom.failing = None
    asks.ask_soon("often")
    in_state(asks, "often", "live")
    in_state(asks, "seldom", "live")
    assert seldom.times == 3


def test_an_answer_that_cannot_be_taken_in_is_counted_and_shown(asking: MakeAsking) -> None:
    odd, well = Asked("odd"), Asked("well")
    odd.failing = KeyError("a fault of ours")
    asks = asking(odd, well)
    failing = in_state(asks, "odd", "backing-off")
    assert failing["reason"].startswith("What the server answered for odd could not be taken in; it is asked again in ")
    assert asks.failures == 1
    wait_until(lambda: well.times >= 3, "the other's answers")


def test_a_question_that_cannot_say_how_often_it_is_wanted_stops_no_other(asking: MakeAsking) -> None:
    class Odd(Asked):
        @property
        def question(self) -> Question:
            return Question(self.name, lambda: 1 / 0, self.ask)

    odd, well = Odd("odd"), Asked("well")
    asks = asking(odd, well)
    wait_until(lambda: asks.failures >= 2, "two failed looks")
    times = well.times
    wait_until(lambda: well.times > times + 3, "the other's answers")
    assert odd.times == 0


def test_whoever_says_how_often_may_hold_a_lock_that_others_hold_too(asking: MakeAsking) -> None:
    lock = threading.Lock()
    inside = threading.Event()

    class Locked(Asked):
        @property
        def question(self) -> Question:
            return Question(self.name, self.say, self.ask)

        def say(self) -> float:
            inside.set()
            with lock:
                return 0.05

    one = Locked("one")
    with lock:
        asks = asking(one)
        assert inside.wait(5)
        asks.ask_soon("one")
        assert asks.concerns()
    wait_until(lambda: one.times, "the answer")


def test_changes_are_told_and_mere_answers_are_not(asking: MakeAsking) -> None:
    told: list[int] = []
    one = Asked("one", 0.01)
    asks = asking(one, changed=lambda: told.append(one.times))
    wait_until(lambda: one.times >= 20, "twenty answers")
    before = len(told)
    assert before <= 3
    one.failing = ServerFailed("no", 500)
    in_state(asks, "one", "backing-off")
    wait_until(lambda: len(told) > before, "the telling")


def test_stopping_does_not_wait_for_a_question_that_hangs(asking: MakeAsking) -> None:
    dead = Asked("dead")
    dead.hangs.set()
    asks = asking(dead)
    wait_until(lambda: dead.times == 1, "the question")
    began_s = time.monotonic()
    asks.stop(20.0)
    assert time.monotonic() - began_s < 10
    assert not asks.alive
