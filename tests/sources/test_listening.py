"""FI-14, 15, 16, 19: a stream is listened to for as long as it has something to say, and never without pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from llm_service.clients.errors import NotThere
from llm_service.clients.event_stream import open_stream
from llm_service.clients.web import Client
from llm_service.core.backoff import Backoff
from llm_service.core.source_shapes import Line
from llm_service.core.sse import SseEvent
from llm_service.sources.upstream.listening import Listener, Repeats
from llm_service.sources.upstream.moments import Moments
from llm_service.upstreams import Upstream
from tests.kit.raw_server import Exchange, RawServer
from tests.kit.waiting import wait_until


class Heard:
    """A listener on a server that the test writes, with all that it heard and showed."""

    def __init__(
        self, answer: Callable[[Exchange], None], *, last: str = "", idle_s: float = 30.0, **more: Any
    ) -> None:
        self.server = RawServer(answer)
        self.client = Client(Upstream("spark", self.server.url))
        self.events: list[SseEvent] = []
        self.lines: list[Line] = []
        self.last = last
        self.listener = Listener(
            "run-1",
            lambda last_event_id: open_stream(self.client, "/s", last_event_id=last_event_id, idle_s=idle_s),
            self._hear,
            self.lines.append,
            **more,
        )
        self.listener.start()

    def _hear(self, event: SseEvent) -> bool:
        self.events.append(event)
        return event.data == self.last

    @property
    def data(self) -> list[str]:
        return [event.data for event in self.events]

    @property
    def states(self) -> list[str]:
        return [line["state"] for line in self.lines]

    def line(self, state: str) -> Line:
        """The newest line of this state, waited for."""
        wait_until(lambda: state in self.states, f"the state {state}, not {self.states}")
        return next(line for line in reversed(self.lines) if line["state"] == state)

    def end(self) -> None:
        self.listener.stop(2.0)
        self.client.close()
        self.server.stop()
        assert not self.listener.alive


@pytest.fixture
def listen() -> Iterator[Callable[..., Heard]]:
    made: list[Heard] = []

    def make(answer: Callable[[Exchange], None], **more: Any) -> Heard:
        made.append(Heard(answer, **more))
        return made[-1]

    yield make
    for heard in made:
        heard.end()


Listen = Callable[..., Heard]


def quick(floor_s: float = 0.02) -> Backoff:
    return Backoff(first_s=0.04, cap_s=0.2, floor_s=floor_s)


def resuming(exchange: Exchange) -> None:
    """One event a connection, the one after the last id that the client had."""
    number = int(exchange.headers.get("last-event-id", 0)) + 1
    exchange.stream(f"id: {number}\ndata: {number}\n\n")


def test_a_server_that_closes_after_each_event_is_asked_twice_a_second_at_most_and_loses_nothing(
    listen: Listen,
) -> None:
    """FI-14, with the real pauses."""
    began_s = time.monotonic()
    heard = listen(resuming, last="4")
    wait_until(lambda: heard.listener.finished, "the fourth event")
    took_s = time.monotonic() - began_s
    assert heard.data == ["1", "2", "3", "4"]
    assert heard.server.connections == 4
    assert heard.server.connections <= 1 + 2 * took_s


def test_a_thousand_events_one_a_connection_after_a_503_come_once_each(listen: Listen) -> None:
    """FI-15, a thousand reconnections with quick pauses."""

    def answer(exchange: Exchange) -> None:
        if exchange.number == 1:
            exchange.answer("", status="503 Service Unavailable")
        else:
            resuming(exchange)

    heard = listen(answer, last="1000", backoff=Backoff(first_s=0.001, cap_s=0.002, floor_s=0.001))
    wait_until(lambda: heard.listener.finished, "a thousand events", 90)
    assert heard.data == [str(number) for number in range(1, 1001)]
    assert heard.server.connections == 1001


def test_after_a_503_the_connections_are_bounded_by_the_floor(listen: Listen) -> None:
    """FI-15, the measured fault: with its floor gone a reader made 15,540 connections in ten seconds."""

    def answer(exchange: Exchange) -> None:
        if exchange.number == 1:
            exchange.answer("", status="503 Service Unavailable", more="Retry-After: 0\r\n")
        else:
            exchange.stream("data: x\n\n")

    began_s = time.monotonic()
    heard = listen(answer, moments=Moments(chance=lambda: 0.0))
    wait_until(lambda: heard.server.connections >= 5, "five connections")
    assert time.monotonic() - began_s >= 4 * 0.5 - 0.1


def test_a_repeat_after_a_reconnection_is_heard_once_and_an_equal_event_within_one_twice(listen: Listen) -> None:
    def replaying(exchange: Exchange) -> None:
        parts = [f"id: {number}\ndata: {number}\n\n" for number in range(1, exchange.number + 2)]
        exchange.stream(*parts, parts[-1] if exchange.number == 1 else "")

    heard = listen(replaying, last="5", backoff=quick())
    wait_until(lambda: heard.listener.finished, "the fifth event")
    assert heard.data == ["1", "2", "2", "3", "4", "5"]


def test_events_without_ids_are_never_taken_for_repeats(listen: Listen) -> None:
    heard = listen(lambda exchange: exchange.stream("id: 7\n\n", "data: x\n\n"), backoff=quick())
    wait_until(lambda: len(heard.data) >= 4, "four equal events")


def test_a_half_open_stream_is_stale_within_its_quiet_time_and_resumed_with_its_last_id(listen: Listen) -> None:
    """FI-16."""

    def mute(exchange: Exchange) -> None:
        exchange.stream(f"id: {exchange.number}\ndata: {exchange.number}\n\n")
        if exchange.number == 1:
            exchange.wait_until_left()

    heard = listen(mute, last="2", idle_s=0.4, backoff=quick())
    wait_until(lambda: heard.listener.finished, "the second event")
    assert heard.states[:4] == ["connecting", "live", "stale", "live"]
    stale = heard.line("stale")
    assert stale["reason"] == f"spark: GET {heard.server.url}/s was silent for 0.4 s; it is opened again."
    assert stale["last_heard_at"] is not None
    assert heard.server.seen[1].headers["last-event-id"] == "1"


def test_204_ends_it_and_is_no_reason_to_come_back(listen: Listen) -> None:
    """FI-19."""
    heard = listen(lambda exchange: exchange.answer("", status="204 No Content"))
    line = heard.line("stopped")
    wait_until(lambda: not heard.listener.alive, "the end of the thread")
    assert "answered 204 (No Content): there is nothing more to hear; it is not opened again." in line["reason"]
    assert heard.server.connections == 1


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_server_that_lets_nobody_in_is_left_alone_and_shown(listen: Listen, status: str) -> None:
    """FI-19."""
    heard = listen(lambda exchange: exchange.answer('{"detail": "token expired"}', status=status))
    line = heard.line("stopped")
    wait_until(lambda: not heard.listener.alive, "the end of the thread")
    assert line["reason"] == (
        f"spark: GET {heard.server.url}/s answered {status[:3]} ({status[4:]}): token expired;"
        " set its token in the user's llm-service.toml and start again; it is not opened again."
    )
    assert line["next_try_at"] is None
    assert heard.server.connections == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda exchange: exchange.answer("<html>", kind="text/html"), "a web page instead of an event stream"),
        (
            lambda exchange: exchange.answer("", status="302 Found", more="Location: http://169.254.169.254/x\r\n"),
            "answered 302, a redirect to http://169.254.169.254/x, which is not followed",
        ),
        (lambda exchange: exchange.answer("", status="500 Oops"), "answered 500 (Internal Server Error)"),
        (
            lambda exchange: exchange.stream("data: " + "x" * 1_100_000),
            "sent an event of more than 1,048,576 characters",
        ),
        (lambda exchange: exchange.send("nonsense"), "closed the connection before it answered"),
    ],
    ids=["html", "redirect", "500", "endless", "no http"],
)
def test_what_is_no_stream_is_shown_with_what_is_tried_next(
    listen: Listen, answer: Callable[[Exchange], None], said: str
) -> None:
    """FI-18 and FI-19: an error, tried again, nothing followed."""
    heard = listen(answer, moments=Moments(chance=lambda: 1.0), backoff=Backoff(first_s=20.0))
    line = heard.line("backing-off")
    assert line["reason"].startswith(f"spark: GET {heard.server.url}/s ")
    assert said in line["reason"]
    assert line["reason"].endswith("; it is opened again in 20 s.")
    assert line["next_try_at"] is not None


def test_a_busy_server_is_given_the_time_it_asks_for(listen: Listen) -> None:
    heard = listen(lambda exchange: exchange.answer("", status="429 Slow Down", more="Retry-After: 240\r\n"))
    assert heard.line("backing-off")["reason"].endswith("; it is opened again in 4 min.")


def test_a_stream_that_is_missing_is_asked_for_once_a_minute(listen: Listen) -> None:
    heard = listen(lambda exchange: exchange.answer("", status="404 Not Found"))
    assert heard.line("backing-off")["reason"].endswith("; it is opened again in 60 s.")


def test_a_pause_can_be_cut_short_when_the_server_is_heard_by_other_means(listen: Listen) -> None:
    def late(exchange: Exchange) -> None:
        if exchange.number == 1:
            exchange.answer("", status="500 Oops")
        else:
            exchange.stream("data: x\n\n")

    slow = Backoff(first_s=60.0, cap_s=60.0, floor_s=0.02)
    heard = listen(late, last="x", backoff=slow, moments=Moments(chance=lambda: 1.0))
    heard.line("backing-off")
    heard.listener.try_now()
    wait_until(lambda: heard.listener.finished, "the event")


def test_the_servers_own_retry_is_the_least_pause(listen: Listen) -> None:
    heard = listen(lambda exchange: exchange.stream("retry: 7000\n\ndata: x\n\n"), moments=Moments(chance=lambda: 0.0))
    assert heard.line("backing-off")["reason"] == "The stream ended; it is opened again in 7 s."


def test_what_was_missed_is_rebuilt_before_each_reconnection_and_may_end_it(listen: Listen) -> None:
    rebuilt: list[int] = []

    def rebuild() -> bool:
        rebuilt.append(len(heard.events))
        return len(rebuilt) == 3

    heard = listen(lambda exchange: exchange.stream("data: x\n\n"), before=rebuild, backoff=quick())
    wait_until(lambda: heard.listener.finished, "the end")
    assert rebuilt == [1, 2, 3], "never before the first connection"
    assert heard.server.connections == 3
    assert heard.states[-1] == "stopped"


def test_a_rebuild_that_fails_is_a_failed_try(listen: Listen) -> None:
    def rebuild() -> bool:
        raise NotThere("spark: GET http://spark/api/runs/1 answered 404", 404)

    heard = listen(lambda exchange: exchange.stream("data: x\n\n"), before=rebuild, backoff=quick())
    wait_until(lambda: "answered 404; it is opened again in 60 s." in heard.lines[-1]["reason"], "the sentence")
    assert heard.server.connections == 1


def test_an_event_that_cannot_be_taken_in_is_counted_and_the_next_one_is_heard(listen: Listen) -> None:
    def hear(event: SseEvent) -> bool:
        if event.data == "bad":
            raise KeyError("a fault of ours")
        return heard._hear(event)

    heard = listen(lambda exchange: exchange.stream("data: bad\n\ndata: good\n\n"), last="good", backoff=quick())
    heard.listener._hear = hear
    wait_until(lambda: heard.listener.finished, "the good event")
    assert heard.data[-1] == "good"


def test_stopping_ends_a_stream_that_waits_at_once(listen: Listen) -> None:
    def mute(exchange: Exchange) -> None:
        exchange.stream("data: x\n\n")
        exchange.wait_until_left()

    heard = listen(mute)
    wait_until(lambda: heard.data, "the first event")
    began_s = time.monotonic()
    heard.listener.stop(20.0)
    assert time.monotonic() - began_s < 10
    assert not heard.listener.alive
    assert heard.states[-1] == "stopped"


def test_stopping_ends_a_pause_at_once(listen: Listen) -> None:
    heard = listen(lambda exchange: exchange.answer("", status="404 Not Found"))
    heard.line("backing-off")
    began_s = time.monotonic()
    heard.listener.stop(20.0)
    assert time.monotonic() - began_s < 10
    assert not heard.listener.alive


def test_closing_the_client_ends_an_opening_that_hangs(listen: Listen) -> None:
    hung = threading.Event()

    def hang(exchange: Exchange) -> None:
        hung.set()
        exchange.wait_until_left()

    heard = listen(hang)
    assert hung.wait(5)
    heard.client.close()
    heard.listener.stop(2.0)
    assert not heard.listener.alive


def test_repeats_are_remembered_within_bounds() -> None:
    repeats = Repeats()
    for _ in range(3):
        repeats.connected()
        for number in range(30_000):
            assert not repeats.is_one(SseEvent("message", f"{id(object())}{number}{_}", str(number), own_id=True))
    repeats.connected()
    assert len(repeats._before) <= 10_000
    assert len(repeats._now) <= 10_000
