"""How a watched server stands: the best of its concerns, found and lost told at once, the rest once a second."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from llm_service.core import source_shapes as shapes
from llm_service.core.observations import Announced
from llm_service.core.source_shapes import Concern, Line
from llm_service.sources.upstream.moments import Moments
from llm_service.sources.upstream.source_card import SourceCard
from llm_service.upstreams import Upstream
from tests.kit.waiting import wait_until

SPARK = Upstream("spark", "http://10.0.0.69:9010", "canary-token")


def concern(name: str, state: str, reason: str = "", **more: Any) -> Concern:
    return {
        "name": name,
        "state": state,
        "since": "2026-11-21T08:00:00.000Z",
        "last_heard_at": "2026-11-21T08:00:01.000Z",
        "next_try_at": None,
        "reason": reason,
        "every_s": 6.0,
        "failures": 0,
        "missing": False,
        **more,
    }  # type: ignore[typeddict-item]


def line(state: str, reason: str = "") -> Line:
    return {"state": state, "since": "", "last_heard_at": None, "next_try_at": None, "reason": reason}  # type: ignore[typeddict-item]


class Watched:
    """A card over concerns that the test sets, with all that it told."""

    def __init__(self) -> None:
        self.now: list[Concern] = []
        self.skew_s: float | None = None
        self.told: list[tuple[float, Announced]] = []
        """Each with the time that the card went by: how long telling took is the machine's."""
        self.clock: Callable[[], float] = time.monotonic
        self.looked_s = 0.0
        moments = Moments(monotonic=self._look_at_the_clock)
        self.card = SourceCard(SPARK, "bobspark", self._publish, skew_s=lambda: self.skew_s, moments=moments)
        self.card.asks(self)

    def concerns(self) -> list[Concern]:
        return self.now

    def _look_at_the_clock(self) -> float:
        self.looked_s = self.clock()
        return self.looked_s

    def _publish(self, announced: Announced) -> None:
        self.told.append((self.looked_s, announced))

    def stands(self, *concerns: Concern) -> None:
        self.now = list(concerns)
        self.card.changed()

    def events(self) -> list[str]:
        return [announced.event for _, announced in self.told if announced.topic == "sources"]

    def texts(self) -> list[str]:
        return [announced.body["entry"]["text"] for _, announced in self.told if announced.topic == "activity"]  # type: ignore[index]

    def wait_for(self, event: str) -> shapes.SourceCard:
        wait_until(lambda: event in self.events(), f"{event}, not {self.events()}")
        return next(one for _, one in reversed(self.told) if one.event == event).body["source"]  # type: ignore[return-value]


@pytest.fixture
def watched() -> Iterator[Watched]:
    made = Watched()
    yield made
    made.card.stop()


LIVE, DEAD = concern("runs", "live"), concern("queue", "backing-off", "spark: GET http://x answered 500; later.")


@pytest.mark.parametrize(
    ("concerns", "state", "reason"),
    [
        ([], "none", ""),
        ([concern("a", "none")], "none", ""),
        ([concern("a", "connecting"), concern("b", "none")], "connecting", ""),
        ([LIVE, DEAD], "live", ""),
        ([DEAD, concern("b", "none")], "backing-off", DEAD["reason"]),
        ([concern("a", "stopped", "denied"), DEAD], "backing-off", "denied"),
    ],
)
def test_a_server_stands_as_the_best_of_what_is_asked_of_it(
    watched: Watched, concerns: list[Concern], state: str, reason: str
) -> None:
    watched.now = concerns
    card = watched.card.card()
    assert (card["state"], card["reason"]) == (state, reason)
    TypeAdapter(shapes.SourceCard).validate_python(card, strict=True)


def test_found_lost_and_found_again_are_told_at_once_with_a_line_in_the_feed(watched: Watched) -> None:
    back: list[str] = []
    watched.clock = lambda: 1000.0  # while it stands, what is held back for a second is never told
    watched.card.when_back(lambda: back.append("back"))
    watched.stands(concern("runs", "connecting"))
    watched.card.start()
    watched.wait_for("source.changed")
    watched.stands(LIVE)
    watched.wait_for("source.connected")
    gone = concern("runs", "backing-off", "spark: GET http://10.0.0.69:9010/api/runs cannot be reached; later.")
    watched.stands(gone)
    lost = watched.wait_for("source.lost")
    assert lost["reason"] == gone["reason"]
    watched.stands(LIVE)
    wait_until(lambda: watched.events().count("source.connected") == 2, "the second finding")
    assert watched.texts() == [
        "spark answers.",
        "spark is lost: GET http://10.0.0.69:9010/api/runs cannot be reached; later.",
        "spark answers again, after 1 s.",
    ]
    assert back == ["back", "back"]
    assert "canary-token" not in str(watched.told)


def test_a_server_that_was_never_reached_is_said_to_be_so_also_in_the_log(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.stands(DEAD)
    watched.card.start()
    watched.wait_for("source.lost")
    assert watched.texts() == ["spark cannot be watched: GET http://x answered 500; later."]
    assert [line.getMessage() for line in caplog.records if line.levelname == "WARNING"] == watched.texts()


def test_a_server_that_has_nothing_of_what_is_asked_is_said_to_be_another(watched: Watched) -> None:
    runs, queue = (f"spark: GET http://x/{path} answered 404 (Not Found)" for path in ("runs", "queue"))
    next_words = "it is asked again in 60 s."
    missing = [concern(said, "backing-off", f"{said}; {next_words}", missing=True) for said in (runs, queue)]
    watched.stands(*missing)
    assert watched.card.card()["reason"] == (
        f"{runs}; nothing that a BobSpark-APIs server has is at this address; {next_words}"
    )
    watched.stands(missing[0], DEAD)
    assert watched.card.card()["reason"] == f"{runs}; {next_words}"


def test_one_endpoint_that_fails_loses_nobody(watched: Watched) -> None:
    watched.stands(LIVE)
    watched.card.start()
    watched.wait_for("source.connected")
    watched.stands(LIVE, DEAD)
    card = watched.wait_for("source.changed")
    assert card["state"] == "live"
    assert [each["state"] for each in card["concerns"]] == ["live", "backing-off"]
    assert "source.lost" not in watched.events()


def test_everything_else_is_told_once_a_second_at_most_and_the_last_of_it_always(watched: Watched) -> None:
    watched.stands(LIVE)
    watched.card.start()
    watched.wait_for("source.connected")
    for number in range(50):
        watched.card.stream(f"run-{number}", line("live"))
        watched.card.count(events=10, unknown=1, broken=2)
    wait_until(lambda: watched.wait_for("source.changed")["streams"]["open"] == 50, "the last of it")
    card = watched.wait_for("source.changed")
    assert (card["streams"]["events"], card["streams"]["unknown_events"], card["streams"]["broken_events"]) == (
        500,
        50,
        100,
    )
    moments = [at_s for at_s, announced in watched.told if announced.topic == "sources"]
    assert all(later - sooner > 0.95 for sooner, later in itertools.pairwise(moments))


def test_what_is_told_is_listed_under_the_servers_name(watched: Watched) -> None:
    watched.stands(LIVE)
    watched.card.start()
    watched.wait_for("source.connected")
    (announced,) = [one for _, one in watched.told if one.topic == "sources"]
    assert announced.rows == {"spark": announced.body["source"]}


def test_streams_are_counted_by_state_and_those_that_ended_well_are_forgotten(watched: Watched) -> None:
    for key, state in (("a", "live"), ("b", "connecting"), ("c", "stale"), ("d", "backing-off"), ("e", "live")):
        watched.card.stream(key, line(state))
    watched.card.stream("a", line("stopped"))
    watched.card.stream("b", line("stopped", "answered 401; it is not opened again."))
    watched.card.stream_gone("e")
    streams = watched.card.card()["streams"]
    assert (streams["open"], streams["connecting"], streams["backing_off"], streams["stopped"]) == (0, 0, 2, 1)


@pytest.mark.parametrize(
    ("told", "shown"),
    [([None], None), ([0.6], 0.0), ([-1.4], 0.0), ([90.2], 90.2), ([90.2, 91.0, 89.4], 90.2), ([90.2, 30.0], 30.0)],
)
def test_a_clock_is_wrong_by_what_it_is_and_not_by_the_coarseness_of_its_telling(
    watched: Watched, told: list[float | None], shown: float | None
) -> None:
    for skew_s in told:
        watched.skew_s = skew_s
        card = watched.card.card()
    assert card["clock_skew_s"] == shown


def test_what_is_measured_has_the_names_of_the_catalogue(watched: Watched) -> None:
    from llm_service.core.metrics import METRICS

    labels = {metric.name: metric.labels for metric in METRICS}
    watched.now = [LIVE, concern("b", "backing-off", "no", failures=3)]
    watched.card.stream("r", line("live"))
    samples = list(watched.card.samples())
    assert all(len(sample.labels) == len(labels[sample.name]) for sample in samples)
    values = {(sample.name, sample.labels): sample.value for sample in samples}
    assert values["llm_service_upstream_up", ("spark",)] == 1
    assert values["llm_service_upstream_failing", ("spark",)] == 1
    assert values["llm_service_upstream_streams", ("spark", "open")] == 1
