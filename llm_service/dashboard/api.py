"""The REST routes of the board: ask the hub, shape, answer. Searching happens here, not on the hub's thread."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from llm_service.core.flow_shapes import ActivityPage
from llm_service.core.query import BadQuery, select
from llm_service.core.shapes import BoardPage, Health, Ready, Stats
from llm_service.core.state import State
from llm_service.core.tasks import Card
from llm_service.core.times import parse_ms
from llm_service.dashboard.board_pages import BoardPages
from llm_service.dashboard.details import Details
from llm_service.dashboard.query_args import board_query, one_of, whole_number
from llm_service.dashboard.task_lists import stream_finished, stream_tasks
from llm_service.dashboard.world import World
from llm_service.errors import TelemetryUnavailable
from llm_service.hub import HubStopped

SERVICE = "llm-service-dashboard"
LAST_ID = (1 << 63) - 1
"""A cursor with it begins with the lines of its own millisecond: some of them may be missing from the newest lines."""


def blueprint(world: World) -> Blueprint:
    """The read routes over `world`."""
    routes = Blueprint("api", __name__)
    answers = _Answers(world)
    details = Details(world)
    for path, view in (
        ("/health", answers.health),
        ("/ready", answers.ready),
        ("/api/board", answers.board),
        ("/api/tasks", answers.tasks),
        ("/api/tasks/finished", answers.finished),
        ("/api/tasks/<path:task_id>", details.of_id),
        ("/api/file", details.of_path),
        ("/api/activity", answers.activity),
        ("/api/stats", answers.stats),
    ):
        routes.add_url_rule(path, view.__name__, view, methods=["GET"])
    # Older boards changed files here; without this the path would answer 405 and look as if another verb worked.
    routes.add_url_rule("/api/tasks/<path:task_id>", "read_only", _read_only, methods=["PATCH"])
    routes.app_errorhandler(BadQuery)(_bad_query)
    routes.app_errorhandler(HubStopped)(_stopping)
    routes.app_errorhandler(TelemetryUnavailable)(_stopping)
    return routes


class _Answers:
    """One method a route."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pages = BoardPages()

    def health(self) -> Health:
        return {"status": "healthy", "service": SERVICE, "timestamp": self._world.now_iso()}

    def ready(self) -> tuple[Ready, int]:
        state = self._world.readiness()
        return state, 200 if state["ready"] else 503

    def board(self) -> BoardPage:
        query = board_query(request.args)
        seq, cards, noted = self._world.hub.ask(lambda state: (*_cards(state), state.noted()))
        # While the folder is first read, cards come without a number.
        select_now = select if noted["loading"] else partial(self._pages.select, seq)
        columns, facets = select_now(cards, query)
        page: BoardPage = {"epoch": self._world.epoch, "seq": seq, "columns": columns, **noted}
        if query.after is None and len(query.columns) > 1:
            page["facets"] = facets
        return page

    def tasks(self) -> Response:
        include_done = one_of(request.args, "include_done", ["true", "false"], "true") == "true"
        slim = one_of(request.args, "fields", ["card"], "") == "card"
        seq, cards = self._world.hub.ask(_cards)
        body = stream_tasks(self._world, cards, seq, include_done=include_done, slim=slim)
        return Response(body, mimetype="application/json")

    def finished(self) -> Response:
        _, cards = self._world.hub.ask(_cards)
        return Response(stream_finished(self._world, cards), mimetype="application/json")

    def activity(self) -> ActivityPage:
        before = request.args.get("before")
        if before is not None:
            return self._world.activity_before(before, whole_number(request.args, "limit", 1, 200, 100))
        page = self._world.hub.ask(_newest_lines)
        oldest = page["entries"][-1]["at"] if page["entries"] else self._world.now_iso()
        page["next"] = f"{parse_ms(oldest)}.{LAST_ID}"
        return page

    def stats(self) -> Stats:
        counts = self._world.hub.ask(lambda state: state.board.counts())
        inbox, assigned, done = counts["inbox"], counts["assigned"], counts["done"]
        return {
            "tasks": {"inbox": inbox, "assigned": assigned, "done": done, "total": inbox + assigned + done},
            **self._world.cost_totals(),
            "timestamp": self._world.now_iso(),
        }


def _newest_lines(state: State) -> ActivityPage:
    return {
        "entries": list(state.activity.entries),
        "next": None,
        "epoch": state.epoch,
        "seq": state.streams["activity"].seq,
    }


def _cards(state: State) -> tuple[int, list[Card]]:
    """The board at one point of its stream; cards are frozen, so the list may leave the hub's thread."""
    return state.streams["board"].seq, list(state.board.cards.values())


def _read_only(task_id: str) -> ResponseReturnValue:
    return jsonify({"error": f"the board only reads; change the file of {task_id[:80]} itself"}), 404


def _bad_query(error: BadQuery) -> ResponseReturnValue:
    return jsonify({"error": str(error)}), 400


def _stopping(error: HubStopped | TelemetryUnavailable) -> ResponseReturnValue:
    return jsonify({"error": str(error)}), 503
