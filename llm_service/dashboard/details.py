"""Everything about one file, read from the disk at the moment somebody opens its card."""

from __future__ import annotations

from typing import NamedTuple

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from llm_service.core.detail import Parts, dependency_ids, move_command, parts_of
from llm_service.core.query import BadQuery
from llm_service.core.shapes import Detail
from llm_service.core.state import State
from llm_service.core.taskfile import read_document
from llm_service.core.tasks import Card, Problem
from llm_service.core.wire import card_json
from llm_service.core.yamltext import Unreadable, Value
from llm_service.dashboard.markdown import render
from llm_service.dashboard.world import World


class _Found(NamedTuple):
    card: Card
    also_at: list[str]
    seq: int


class Details:
    """Finds cards by id or path in the board, never by joining a path, and shapes what their files hold."""

    def __init__(self, world: World) -> None:
        self._world = world

    def of_id(self, task_id: str) -> ResponseReturnValue:
        """``GET /api/tasks/<id>``."""
        return self._answer(self._by_id(task_id))

    def of_path(self) -> ResponseReturnValue:
        """``GET /api/file?path=``."""
        path = request.args.get("path", "")
        if not path:
            raise BadQuery("path is missing; give a card's path, as /api/board shows it")
        return self._answer(self._by_path(path))

    def _by_id(self, task_id: str) -> _Found | None:
        def find(state: State) -> _Found | None:
            cards = state.board.with_id(task_id)
            if not cards:
                return None
            return _Found(cards[0], [card.path for card in cards[1:]], state.streams["board"].seq)

        return self._world.hub.ask(find)

    def _by_path(self, path: str) -> _Found | None:
        def find(state: State) -> _Found | None:
            card = state.board.cards.get(path)
            if card is None:
                return None
            twins = state.board.with_id(card.id) if card.id else []
            return _Found(card, [twin.path for twin in twins if twin.path != path], state.streams["board"].seq)

        return self._world.hub.ask(find)

    def _answer(self, found: _Found | None) -> ResponseReturnValue:
        if found is None:
            return jsonify({"error": "no such task on the board; it may have been moved or removed"}), 404
        card = found.card
        data = self._world.read(card.path)
        if data is None and card.problem is not None:
            data = card.problem  # a name that is no text leads to no file, and is the problem itself
        if data is None:
            return jsonify({"error": f"{card.path} is gone from the disk"}), 404
        raw = data.decode("utf-8", "replace") if isinstance(data, bytes) else None
        parts = self._parts(data)
        detail: Detail = {
            "card": card_json(card),
            "fields": parts.fields,
            "html": {name: render(text) for name, text in parts.prose.items()},
            "artefacts": parts.artefacts,
            "dependencies": parts.dependencies,
            "result": parts.result,
            "error": parts.error,
            "history": parts.history,
            "cost": self._world.cost_of_task(card.id) if card.id else None,
            "raw": raw,
            "also_at": found.also_at,
            "absolute_path": str(self._world.root / card.path),
            "move_command": move_command(card, str(self._world.root)),
            "epoch": self._world.epoch,
            "seq": found.seq,
        }
        return jsonify(detail)

    def _parts(self, data: bytes | Problem) -> Parts:
        values: dict[str, Value] = {}
        if isinstance(data, bytes):
            try:
                values = read_document(data, self._world.max_bytes).values
            except Unreadable:
                pass  # the card's own problem says it; the raw text is shown beside
        wanted = dependency_ids(values)
        cards = self._world.hub.ask(lambda state: {task_id: _newest(state, task_id) for task_id in wanted})
        return parts_of(values, cards.get)


def _newest(state: State, task_id: str) -> Card | None:
    cards = state.board.with_id(task_id)
    return cards[0] if cards else None
