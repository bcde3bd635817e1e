"""One open stream over real sockets: at once on every kind of body, bounded, and ended from any thread."""

from __future__ import annotations

import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from llm_service.clients.errors import BadAnswer, Busy, ClientError, Denied, NotThere, StreamEnded, Unreachable
from llm_service.clients.event_stream import Silence, Silent, open_stream
from llm_service.clients.web import Client
from llm_service.core.sse import SseEvent
from tests.clients.waking import seconds_to_wake
from tests.kit.raw_server import Exchange, RawServer
from tests.kit.waiting import wait_until

Serve = Callable[..., RawServer]
ClientOf = Callable[..., Client]


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "close-delimited"])
def test_an_event_is_there_before_the_next_one_is_sent(serve: Serve, client_of: ClientOf, chunked: bool) -> None:
    heard = threading.Semaphore(0)
    in_time: list[bool] = []

    def one_by_one(exchange: Exchange) -> None:
        exchange.stream(chunked=chunked)
        for number in range(20):
            exchange.part(f"data: {number}\n\n")
            in_time.append(heard.acquire(timeout=20))
            if not in_time[-1]:
                return

    stream = open_stream(client_of(serve(one_by_one).url), "/s")
    got: list[str] = []
    reading = iter(stream)
    for _ in range(20):
        got.append(next(reading).data)
        heard.release()
    wait_until(lambda: len(in_time) == 20, "the last event's answer")
    assert all(in_time), "an event was held back"
    assert got == [str(number) for number in range(20)]


def test_events_cut_anywhere_by_the_wire_are_whole(serve: Serve, client_of: ClientOf) -> None:
    whole = 'event: status\r\nid: é1\r\ndata: {"snippet": "…😀"}\r\n\r\n'.encode()
    server = serve(lambda exchange: exchange.stream(*(whole[at : at + 1] for at in range(len(whole))), chunked=False))
    stream = open_stream(client_of(server.url), "/s")
    assert list(stream) == [SseEvent("status", '{"snippet": "…😀"}', "é1", own_id=True)]
    assert stream.last_event_id == "é1"


def test_a_compressed_stream_is_read_although_nobody_asked_for_one(serve: Serve, client_of: ClientOf) -> None:
    packer = zlib.compressobj(wbits=31)

    def packed(exchange: Exchange) -> None:
        exchange.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n")
        for number in range(3):
            exchange.send(packer.compress(f"data: {number}\n\n".encode()) + packer.flush(zlib.Z_SYNC_FLUSH))

    stream = open_stream(client_of(serve(packed).url), "/s")
    assert [event.data for event in stream] == ["0", "1", "2"]


def test_it_asks_for_an_event_stream_from_where_it_left_off(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.stream("data: x\n\n"))
    list(open_stream(client_of(server.url, "canary-token"), "/s", last_event_id=" 7 é\t"))
    list(open_stream(client_of(server.url), "/s"))
    first, second = (seen.headers for seen in server.seen)
    assert first["last-event-id"].encode("latin-1").decode() == "7 é"
    assert first["accept"] == "text/event-stream"
    assert first["accept-encoding"] == "identity"
    assert first["authorization"] == "Bearer canary-token"
    assert "last-event-id" not in second


@pytest.mark.parametrize(
    ("status", "kind", "error", "said"),
    [
        ("200 OK", "text/html; charset=utf-8", BadAnswer, "with a web page instead of an event stream"),
        ("200 OK", "application/json", BadAnswer, "with 'application/json' instead of an event stream"),
        ("200 OK", "text/event-streams", BadAnswer, "instead of an event stream"),
        ("204 No Content", "text/event-stream", StreamEnded, "there is nothing more to hear"),
        ("401 Unauthorized", "text/event-stream", Denied, "401"),
        ("403 Forbidden", "text/html", Denied, "403"),
        ("404 Not Found", "text/event-stream", NotThere, "404"),
        ("429 Too Many Requests", "text/html", Busy, "429"),
        ("503 Service Unavailable", "text/html", Busy, "503"),
        ("302 Found", "text/event-stream", BadAnswer, "not followed"),
    ],
)
def test_what_is_no_stream_is_an_error_at_once(
    serve: Serve, client_of: ClientOf, status: str, kind: str, error: type[ClientError], said: str
) -> None:
    server = serve(lambda exchange: exchange.answer("", status=status, kind=kind, more="Location: /x\r\n"))
    with pytest.raises(error) as got:
        open_stream(client_of(server.url), "/s")
    assert type(got.value) is error
    assert said in got.value.sentence
    assert f"{server.url}/s" in got.value.sentence


@pytest.mark.parametrize("kind", ["text/event-stream", "text/event-stream; charset=utf-8", "Text/Event-Stream ;x=y"])
def test_its_type_may_have_parameters(serve: Serve, client_of: ClientOf, kind: str) -> None:
    server = serve(lambda exchange: exchange.stream("data: x\n\n", kind=kind))
    assert len(list(open_stream(client_of(server.url), "/s"))) == 1


def test_a_hundred_megabytes_without_a_line_end_are_cut_off_and_never_held(serve: Serve, client_of: ClientOf) -> None:
    """FI-18."""
    sent: list[int] = []

    def endless(exchange: Exchange) -> None:
        exchange.stream("data: good\n\n", "data: ")
        for _ in range(1600):
            exchange.part(b"x" * 65_536)
            sent.append(1)

    stream = open_stream(client_of(serve(endless).url), "/s")
    got: list[str] = []
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match=r"sent an event of more than 1,048,576 characters"):
            got.extend(event.data for event in stream)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert got == ["good"]
    assert peak < 12_000_000
    assert len(sent) < 800, "the rest was read for nothing"


def test_a_silent_stream_ends_when_its_quiet_time_is_over(serve: Serve, client_of: ClientOf) -> None:
    """FI-16: half open, no bytes and no FIN."""

    def mute(exchange: Exchange) -> None:
        exchange.stream("data: x\n\n")
        exchange.wait_until_left()

    stream = open_stream(client_of(serve(mute).url), "/s", idle_s=0.3)
    began_s = time.monotonic()
    got: list[str] = []
    with pytest.raises(Silent, match=r"was silent for 0\.3 s"):
        got.extend(event.data for event in stream)
    assert got == ["x"]
    assert 0.25 < time.monotonic() - began_s < 10
    assert began_s - 1 < stream.heard() < time.monotonic() - 0.25


@pytest.mark.parametrize("chunked", [True, False])
def test_after_heartbeats_three_that_stay_away_are_enough(serve: Serve, client_of: ClientOf, chunked: bool) -> None:
    def beats(exchange: Exchange) -> None:
        exchange.stream(chunked=chunked)
        for _ in range(4):
            if exchange.stopped.wait(0.15):
                return
            exchange.part(": beat\n")
        exchange.wait_until_left()

    stream = open_stream(client_of(serve(beats).url), "/s", idle_s=30, least_s=0.1)
    began_s = time.monotonic()
    with pytest.raises(Silent):
        list(stream)
    assert time.monotonic() - began_s < 15


def test_what_a_stream_may_keep_quiet() -> None:
    silence = Silence(300, 45, 0.0)
    assert silence.allowed_s == 300
    silence.heard(0.2, beat=True)  # a greeting
    silence.heard(15.0, beat=True)
    assert silence.allowed_s == 300
    silence.heard(16.0, beat=False)
    silence.heard(30.0, beat=True)
    assert silence.allowed_s == 45
    silence.heard(60.0, beat=True)
    assert silence.allowed_s == 90
    for moment in (75.0, 90.0, 105.0):
        silence.heard(moment, beat=True)
    assert silence.allowed_s == 45
    silence.heard(900.0, beat=True)
    assert silence.allowed_s == 300, "a server that only beats when it is quiet must not earn itself an hour"
    assert silence.heard_s == 900.0


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "close-delimited"])
def test_closing_wakes_a_blocked_read_within_a_tenth_of_a_second(
    serve: Serve, client_of: ClientOf, chunked: bool
) -> None:
    def mute(exchange: Exchange) -> None:
        exchange.stream("data: x\n\n", chunked=chunked)
        exchange.wait_until_left()

    client = client_of(serve(mute).url)
    # One of twenty: this machine may be busy with something else in any of them.
    assert any(seconds_to_wake(open_stream(client, "/s")) < 0.1 for _ in range(20))


def test_a_stream_that_nobody_reads_can_be_closed_and_is_then_empty(serve: Serve, client_of: ClientOf) -> None:
    left = threading.Event()

    def mute(exchange: Exchange) -> None:
        exchange.stream("data: x\n\n")
        exchange.wait_until_left()
        left.set()

    stream = open_stream(client_of(serve(mute).url), "/s")
    stream.close()
    assert list(stream) == []
    assert left.wait(5), "the connection stayed open"


def test_whoever_stops_reading_leaves_no_connection_behind(serve: Serve, client_of: ClientOf) -> None:
    left = threading.Event()

    def mute(exchange: Exchange) -> None:
        exchange.stream("data: x\n\ndata: y\n\n")
        exchange.wait_until_left()
        left.set()

    stream = open_stream(client_of(serve(mute).url), "/s")
    reading = iter(stream)
    assert next(reading).data == "x"
    reading.close()  # type: ignore[attr-defined]
    assert left.wait(5), "the connection stayed open"


def test_a_stream_cut_in_the_middle_says_so_and_gives_no_half_event(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: (exchange.stream("data: x\n\ndata: hal", chunked=True), exchange.reset()))
    stream = open_stream(client_of(server.url), "/s")
    got: list[str] = []
    with pytest.raises(Unreachable, match="/s broke off"):
        got.extend(event.data for event in stream)
    assert got == ["x"]
