"""FI-17: the decoder against a reading of the standard, for any bytes and however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_service.core.sse import MOST_CHARS, Decoder, EventTooLarge, SseEvent
from tests.kit import whatwg

TOKENS = [
    *(b"data", b"event", b"id", b"retry", b"other", b":", b": ", b" ", b"x", b"yy", b"123", b"-1", b"1_0", b"abc"),
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"\0", b"\t", b"\x0b", b"\x0c", b"\x1c"),
    *(b"data: one\n", b"data\n", b"data:\n", b"id\n", b"id: 7\n", b"event: status\n", b"retry: 250\n", b":beat\n"),
    *("\ufeff".encode(), "é".encode(), "…".encode(), "😀".encode(), "\u2028".encode(), "\x85".encode(), "٣".encode()),
    *(b"\xff", b"\x80", b"\xc0\xaf", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f", b"\xf4\x90\x80\x80", b"\xc3"),
]
"""What lines are made of, whole and broken."""

streams = st.lists(st.sampled_from(TOKENS), max_size=60).map(b"".join) | st.binary(max_size=80)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """The stream in pieces, some of them empty."""
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(marks)]


def decoded(pieces: list[bytes]) -> whatwg.Read:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return whatwg.Read(
        [(event.name, event.data, event.id) for event in events], decoder.last_event_id, decoder.retry_ms
    )


@settings(max_examples=1500, deadline=None)
@given(streams, st.lists(st.integers(0, 10_000), max_size=30))
def test_any_stream_in_any_pieces_is_read_as_the_standard_says(stream: bytes, places: list[int]) -> None:
    assert decoded(cut(stream, places)) == whatwg.read(stream)


@settings(max_examples=300, deadline=None)
@given(streams)
def test_a_stream_that_comes_byte_by_byte_is_the_same_stream(stream: bytes) -> None:
    assert decoded([stream[at : at + 1] for at in range(len(stream))]) == whatwg.read(stream)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [("message", "a", "")]),
        (b"data: a\r\rdata: b\r\r", [("message", "a", ""), ("message", "b", "")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [("message", "a", ""), ("message", "b", "")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"event: status\ndata: a\ndata: b\n\n", [("status", "a\nb", "")]),
        (b"event: status\n\ndata: a\n\n", [("message", "a", "")]),
        (b"id: 7\n\ndata: a\n\n", [("message", "a", "7")]),
        (b"id: 7\ndata: a\n\nid: x\0y\ndata: b\n\n", [("message", "a", "7"), ("message", "b", "7")]),
        (b"id: 7\ndata: a\n\nid\ndata: b\n\n", [("message", "a", "7"), ("message", "b", "")]),
        (b"data:  a\n\n", [("message", " a", "")]),
        (b"data\n\n", [("message", "", "")]),
        (b"data: \xe2\x80\xa8x\n\n", [("message", "\u2028x", "")]),
        (b"data: \xff\n\n", [("message", "\ufffd", "")]),
        (b": beat\n\n", []),
        (b"data: half", []),
        (b"data: half\n", []),
    ],
)
def test_what_the_product_and_the_standard_say_is_also_what_we_expect(stream: bytes, events: list) -> None:
    assert decoded([stream]).events == events
    assert whatwg.read(stream).events == events


def test_an_event_is_there_with_its_last_byte_even_where_lines_end_in_cr() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"\r") == [SseEvent("message", "a")]
    assert decoder.feed(b"data: b\r\n\r") == [SseEvent("message", "b")]
    assert decoder.feed(b"\ndata: c\n\n") == [SseEvent("message", "c")]


def test_an_id_counts_when_its_event_is_complete_and_lives_on_over_a_reconnection() -> None:
    decoder = Decoder("6")
    decoder.feed(b"data: a\nid: 7\n")
    assert decoder.last_event_id == "6"
    assert decoder.feed(b"\n") == [SseEvent("message", "a", "7", own_id=True)]
    assert Decoder("7").feed(b"data: b\n\n") == [SseEvent("message", "b", "7", own_id=False)]


def test_a_retry_that_is_no_number_changes_nothing() -> None:
    decoder = Decoder()
    decoder.feed(b"retry: 1500\nretry: abc\nretry: -1\nretry: 1.5\nretry:\nretry: \xd9\xa3\n")
    assert decoder.retry_ms == 1500


def test_a_retry_of_ten_thousand_digits_is_still_a_number() -> None:
    decoder = Decoder()
    decoder.feed(b"retry: " + b"9" * 10_000 + b"\n")
    assert decoder.retry_ms is not None
    assert decoder.retry_ms > 10**9


def test_comments_are_counted_because_they_are_heartbeats() -> None:
    decoder = Decoder()
    decoder.feed(b": one\n:\n\ndata: a\n: three\n\n")
    assert decoder.comments == 3


@pytest.mark.parametrize("piece", [1, 4096, 65_536, 10 * MOST_CHARS])
@pytest.mark.parametrize("line", [b"x", b"data: xxxxxxxxx\n"], ids=["one line", "many lines"])
def test_an_endless_event_is_refused_at_its_bound_and_what_came_before_it_is_kept(line: bytes, piece: int) -> None:
    stream = b"data: good\n\n" + line * (2 * MOST_CHARS // len(line))
    if piece == 1:
        stream = stream[: MOST_CHARS + MOST_CHARS // 8]
    decoder = Decoder()
    got: list[SseEvent] = []

    def feed_all() -> None:
        for at in range(0, len(stream), piece):
            got.extend(decoder.feed(stream[at : at + piece]))

    with pytest.raises(EventTooLarge) as caught:
        feed_all()
    assert [event.data for event in got + caught.value.events] == ["good"]


def test_an_event_just_under_the_bound_is_one() -> None:
    decoder = Decoder()
    text = b"x" * (MOST_CHARS - 10)
    assert [len(event.data) for event in decoder.feed(b"data: " + text + b"\n\n")] == [len(text)]


def test_heartbeats_without_end_are_never_too_large() -> None:
    decoder = Decoder()
    for _ in range(40):
        decoder.feed(b": still here\n" * 4096)
    assert decoder.comments == 40 * 4096
    assert decoder.feed(b"data: a\n\n") == [SseEvent("message", "a")]
