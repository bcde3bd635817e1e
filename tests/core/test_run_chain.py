"""A run's events are here once each, whoever tells them and how often."""

from __future__ import annotations

import json
import random

import pytest

from llm_service.core.bobspark.fields import Reading
from llm_service.core.bobspark.stream_events import RunNews, stored_news, stream_news
from llm_service.core.runs import chain as run_chain
from llm_service.core.runs.chain import Chain
from llm_service.core.runs.event_text import kept_text, text_of
from llm_service.core.runs.shapes import RunEvent

AT = "2026-03-01T14:00:00.000Z"


def made(number: int) -> RunNews:
    """Event `number` of a run that alternates between routing (which repeats itself) and writing."""
    if number % 3 == 0:
        row = {"event_type": "status", "node": "supervisor", "data": {"message": "Routing to code_agent"}}
    else:
        row = {
            "event_type": "node_update",
            "node": "code_agent",
            "data": {"iteration": number // 3, "tokens_out": number * 10, "snippet": f"line {number}"},
        }
    news = stored_news({**row, "id": number, "ts": AT}, Reading())
    assert news is not None
    return news


def streamed(number: int) -> RunNews:
    """The same event as a stream tells it: without id and time."""
    return made(number)._replace(id=None, at=None)


def ids(chain: Chain) -> list[str | None]:
    return [event["id"] for event in chain.events]


def test_the_record_gives_heard_events_their_ids_and_adds_none() -> None:
    chain = Chain()
    for number in range(1, 10):
        assert chain.hear(streamed(number), AT) is not None
    merged = chain.merge([made(number) for number in range(1, 10)], AT)
    assert merged.new == []
    assert len(merged.confirmed) == 9
    assert ids(chain) == [str(number) for number in range(1, 10)]


def test_what_was_missed_is_added_by_the_record_alone() -> None:
    chain = Chain()
    for number in (1, 2, 7, 8, 9):
        chain.hear(streamed(number), AT)
    merged = chain.merge([made(number) for number in range(1, 10)], AT)
    assert len(chain.events) == 9
    assert len(merged.new) == 4
    assert sorted(ids(chain), key=str) == [str(number) for number in range(1, 10)]
    assert chain.merge([made(number) for number in range(1, 10)], AT).new == []


def test_what_the_record_had_when_the_stream_was_opened_is_not_heard_again() -> None:
    chain = Chain()
    chain.merge([made(number) for number in range(1, 6)], AT)
    chain.opening()
    chain.merge([made(number) for number in range(1, 9)], AT)
    heard = [chain.hear(streamed(number), AT) for number in range(7, 11)]
    assert [event is not None for event in heard] == [False, False, True, True]
    assert chain.last_n == 10


def test_what_somebody_read_while_the_stream_was_open_is_not_heard_again() -> None:
    chain = Chain()
    chain.opening()
    assert chain.hear(streamed(1), AT) is not None
    assert len(chain.merge([made(1), made(2), made(3)], AT).new) == 2
    assert chain.merge([made(1), made(2), made(3)], AT).new == []
    assert [chain.hear(streamed(number), AT) is not None for number in (2, 3, 4)] == [False, False, True]


def test_what_was_read_for_a_stream_that_is_closed_says_nothing_of_the_next() -> None:
    chain = Chain()
    chain.opening()
    chain.merge([made(1)], AT)
    chain.closed()
    assert chain.hear(streamed(1), AT) is not None


def test_an_equal_event_after_the_first_new_one_is_new() -> None:
    chain = Chain()
    chain.opening()
    chain.merge([made(3)], AT)
    assert chain.hear(streamed(4), AT) is not None
    assert chain.hear(streamed(6), AT) is not None


def test_an_id_of_the_streams_own_is_known_again() -> None:
    chain = Chain()
    assert chain.hear(streamed(1), AT, "1") is not None
    assert chain.hear(streamed(1), AT, "1") is None
    assert chain.merge([made(1), made(2)], AT).new[0][0].event()["id"] == "2"


def test_a_record_without_ids_is_told_apart_by_type_and_time() -> None:
    chain = Chain()
    record = [made(number)._replace(id=None, at=f"2026-03-01T14:00:{number:02}.000Z") for number in range(1, 6)]
    assert len(chain.merge(record, AT).new) == 5
    assert chain.merge(record, AT).new == []


def test_counts_that_began_again_do_not_make_two_events_of_one() -> None:
    chain = Chain()
    for number in range(1, 7):
        chain.hear(streamed(number)._replace(tokens_out=1), AT)
    assert chain.merge([made(number) for number in range(1, 7)], AT, counts=False).new == []


@pytest.mark.parametrize("seed", range(30))
def test_any_mixture_of_cuts_and_readings_ends_with_every_event_once(seed: int) -> None:
    chance = random.Random(seed)
    total, chain, now = 120, Chain(), 0
    while now < total:
        # A record, a few events in between, the opening of the stream, the record again, and the stream until a cut.
        chain.merge([made(number) for number in range(1, now + 1)], AT)
        opened = min(total, now + chance.randint(0, 4))
        chain.opening()
        read = min(total, opened + chance.randint(0, 4))
        chain.merge([made(number) for number in range(1, read + 1)], AT)
        cut = min(total, read + chance.randint(0, 15))
        for number in range(opened + 1, cut + 1):
            chain.hear(streamed(number), AT)
            if chance.random() < 0.2:
                # Somebody else asks for the run, and its record is ahead of what was heard.
                chain.merge([made(known) for known in range(1, min(cut, number + chance.randint(0, 3)) + 1)], AT)
        chain.closed()
        now = min(total, cut + chance.randint(0, 10))
    chain.merge([made(number) for number in range(1, total + 1)], AT)
    assert sorted(int(event_id or 0) for event_id in ids(chain)) == list(range(1, total + 1))
    assert [event["n"] for event in chain.events] == list(range(1, total + 1))


def test_an_earlier_process_is_gone_on_with() -> None:
    first = Chain()
    first.merge([made(number) for number in range(1, 5)], AT)
    first.hear(streamed(5), AT)
    second = Chain()
    second.seed(list(first.events))
    merged = second.merge([made(number) for number in range(1, 8)], AT)
    assert [event.event()["id"] for event, _ in merged.new] == ["6", "7"]
    assert [event["n"] for event in second.events] == list(range(1, 8))


def test_events_are_given_on_from_a_number_while_they_are_in_memory() -> None:
    chain = Chain()
    for number in range(1, 3_001):
        chain.hear(streamed(number), AT)
    assert chain.after(0, 10) is None
    later = chain.after(2_990, 5)
    assert later is not None
    assert [event["n"] for event in later] == [2991, 2992, 2993, 2994, 2995]
    assert chain.after(3_000, 5) == []


def test_a_run_of_many_events_without_a_reading_is_not_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_chain, "MOST_HEARD", 20)
    chain = Chain()
    for number in range(1, 61):
        chain.hear(streamed(number), AT)
    merged = chain.merge([made(number) for number in range(1, 64)], AT)
    assert [event.event()["id"] for event, _ in merged.new] == ["61", "62", "63"]
    assert chain.merge([made(number) for number in range(1, 64)], AT).new == []
    assert chain.last_n == 63


def test_what_a_stream_told_is_kept_with_its_text_as_it_came() -> None:
    data = '{"node": "code_agent", "tokens_out": 7, "snippet": "a \\"b\\" – ✓", "next": {"x": [1, null]}}'
    news = stream_news("node_update", data, Reading())
    assert news is not None
    event = text_of(4, None, AT, news).with_id("9").event()
    assert event["raw"] == json.loads(data)
    assert (event["n"], event["id"], event["tokens_out"], event["text"]) == (4, "9", 7, 'a "b" – ✓')
    assert event.keys() == RunEvent.__annotations__.keys()
    assert kept_text(event).event() == event


@pytest.mark.parametrize("told", ['"\\ud800"', "NaN", "1e999", "1" * 30, '[["deep"]]', '{"a":{"b":{"c":{"d":1}}}}'])
def test_whatever_a_stream_tells_becomes_json_that_everybody_reads(told: str) -> None:
    news = stream_news("node_update", f'{{"node": "a", "odd": {told}}}', Reading())
    assert news is not None
    event = text_of(1, None, AT, news)
    event.text.encode()
    assert json.loads(event.text, parse_constant=pytest.fail)["raw"].keys() == {"node", "odd"}
