"""An event of a run as its JSON text: made once, kept, written and read again as it is, a quarter of its dicts."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast

from llm_service.core.bobspark.stream_events import RunNews
from llm_service.core.runs.shapes import RunEvent
from llm_service.core.wire import safe

_NO_ID = ',"id":null,'
_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class EventText(NamedTuple):
    """`text` is a whole `RunEvent`; its number and type stand beside it for whoever keeps it."""

    n: int
    type: str
    text: str

    def event(self) -> RunEvent:
        """As it leaves the house; a new dict each time."""
        return cast(RunEvent, json.loads(self.text))

    def with_id(self, event_id: str) -> EventText:
        """The same event with the id that its server's record has for it."""
        return self._replace(text=self.text.replace(_NO_ID, f',"id":{_write(event_id)},', 1))


AnyEvent = RunEvent | EventText


def text_of(n: int, event_id: str | None, at: str, news: RunNews) -> EventText:
    """An event as it was told, with its number. What it holds was made fit for JSON at the door."""
    head = {
        "n": n,
        "id": event_id,
        "at": at,
        "type": news.type,
        "known": news.known,
        "node": news.node,
        "agent": news.agent,
        "iteration": news.iteration,
        "tokens_in": news.tokens_in,
        "tokens_out": news.tokens_out,
        "text": news.text,
        "status": news.status,
        "next_node": news.next_node,
    }
    raw = news.raw if isinstance(news.raw, str) else json_text(news.raw)
    return EventText(n, news.type, f'{_write(head)[:-1]},"raw":{raw}}}')


def kept_text(event: AnyEvent) -> EventText:
    """An event, whichever way it came."""
    if isinstance(event, EventText):
        return event
    return EventText(event["n"], event["type"], json_text(event))


def json_text(value: Any) -> str:
    """`value` as JSON text that UTF-8 can hold."""
    try:
        text = _write(value)
    except (TypeError, ValueError):
        text = _write(safe(value))
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
