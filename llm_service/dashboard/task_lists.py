"""``GET /api/tasks``: the whole board in the shape clients in the field know, written in pieces as it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from llm_service.core.taskfile import read_document
from llm_service.core.tasks import Card, Column, Status
from llm_service.core.wire import card_json, file_problem, safe
from llm_service.core.yamltext import Unreadable
from llm_service.dashboard.world import World

_PIECE = 100
"""Tasks joined into one piece of the answer: large enough for speed, small enough that nobody waits for the GIL."""


def stream_tasks(world: World, cards: list[Card], seq: int, *, include_done: bool, slim: bool) -> Iterator[str]:
    """The JSON text of `TaskLists` over these cards; whole tasks are read from their files as the answer goes out."""
    readable = sorted((card for card in cards if card.content is not None), key=lambda card: card.path)
    by_column = {column: [card for card in readable if card.column is column] for column in Column}
    yield '{"inbox":['
    yield from _tasks(world, by_column[Column.INBOX], slim)
    yield '],"assigned":{'
    yield from _agents(world, by_column[Column.ASSIGNED], slim)
    yield '},"done":{'
    if include_done:
        yield from _agents(world, by_column[Column.DONE], slim)
    yield "}," if include_done else '},"error":{},'
    problems = [file_problem(card) for card in cards if card.problem is not None]
    tail = {"problems": problems, "timestamp": world.now_iso(), "epoch": world.epoch, "seq": seq}
    yield json.dumps(tail, separators=(",", ":"))[1:]


def stream_finished(world: World, cards: list[Card]) -> Iterator[str]:
    """The JSON text of an array of all tasks in a terminal state: done, or ended in an error."""
    over = [card for card in cards if card.content is not None and card.status in (Status.DONE, Status.ERROR)]
    yield "["
    yield from _tasks(world, over, slim=False)
    yield "]"


def _agents(world: World, cards: list[Card], slim: bool) -> Iterator[str]:
    by_agent: dict[str, list[Card]] = {}
    for card in cards:
        by_agent.setdefault(card.agent or "", []).append(card)
    for number, agent in enumerate(sorted(by_agent)):
        yield ("," if number else "") + json.dumps(agent) + ":["
        yield from _tasks(world, by_agent[agent], slim)
        yield "]"


def _tasks(world: World, cards: list[Card], slim: bool) -> Iterator[str]:
    for start in range(0, len(cards), _PIECE):
        piece = cards[start : start + _PIECE]
        texts = [json.dumps(card_json(card) if slim else _task(world, card), separators=(",", ":")) for card in piece]
        yield ("," if start else "") + ",".join(texts)


def _task(world: World, card: Card) -> dict[str, object]:
    """The file's own fields, over them what the folder and the reader say. A file broken meanwhile keeps its card."""
    data = world.read(card.path)
    fields: dict[str, object] = {}
    if isinstance(data, bytes):
        try:
            fields = {name: safe(value) for name, value in read_document(data, world.max_bytes).values.items()}
        except Unreadable:
            pass  # the problem is in `problems`
    return {**fields, **card_json(card)}
