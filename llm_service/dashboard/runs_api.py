"""The REST routes of runs. What is refused is a sentence: 400 what is written, with a sentence a field for a launch,
404 what is not there, 409 an id that several servers gave, 429 too many batches, 502 what a server did not do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from llm_service.clients.errors import ClientError, NotThere
from llm_service.core.query import BadQuery
from llm_service.core.runs.filter import STATUSES, TABLE, RunFilter
from llm_service.core.runs.launch_form import LaunchRefused
from llm_service.core.runs.refusals import NoSuchRun, TooManyBatches
from llm_service.core.runs.shapes import Batch, Launched, OneRun, RunDetail, RunEvents, RunList
from llm_service.dashboard.export_api import csv_chunks
from llm_service.dashboard.query_args import MAX_TEXT, one_of, whole_number
from llm_service.dashboard.whole_keys import keyed_routes
from llm_service.errors import TelemetryUnavailable

MAX_BODY_BYTES = 128 * 1024
PAGE, MOST_A_PAGE = 100, 500
EVENTS, MOST_EVENTS = 500, 2_000


class Desk(Protocol):
    """What the routes need; see sources/bobspark/runs_desk.py for what is raised."""

    def listing(self, wanted: RunFilter, before: str, limit: int) -> RunList: ...
    def detail(self, name: str) -> RunDetail: ...
    def events(self, name: str, after_n: int, limit: int) -> RunEvents: ...
    def table(self, wanted: RunFilter, *, ended: bool = False) -> Iterator[Mapping[str, Any]]: ...
    def launch(self, form: object) -> Launched: ...
    def batch(self, batch_id: str) -> Batch: ...
    def rest(self, batch_id: str) -> Launched: ...
    def cancel(self, name: str) -> OneRun: ...


def blueprint(desk: Callable[[], Desk]) -> Blueprint:
    """The routes; `desk` is asked for when the first request comes."""
    routes = keyed_routes("runs", __name__)

    @routes.get("/api/runs")
    def listing() -> RunList:
        limit = whole_number(request.args, "limit", 1, MOST_A_PAGE, PAGE)
        return desk().listing(_wanted(), request.args.get("before", ""), limit)

    @routes.post("/api/runs")
    def launch() -> ResponseReturnValue:
        return jsonify(desk().launch(_form())), 202

    @routes.get("/api/runs/export.csv")
    def export() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="llm-service-runs.csv"'}
        ended = one_of(request.args, "ended", ["true", "false"], "false") == "true"
        rows = desk().table(_wanted(), ended=ended)
        return Response(csv_chunks(TABLE, rows), content_type="text/csv; charset=utf-8", headers=headers)

    @routes.get("/api/runs/<key:key>")
    def detail(key: str) -> RunDetail:
        return desk().detail(key)

    @routes.delete("/api/runs/<key:key>")
    def cancel(key: str) -> ResponseReturnValue:
        return jsonify(desk().cancel(key)), 202

    @routes.get("/api/runs/<key:key>/events")
    def events(key: str) -> RunEvents:
        after_n = whole_number(request.args, "after", 0, 999_999_999, 0)
        return desk().events(key, after_n, whole_number(request.args, "limit", 1, MOST_EVENTS, EVENTS))

    @routes.get("/api/batches/<key:batch_id>")
    def batch(batch_id: str) -> Launched:
        return {"batch": desk().batch(batch_id)}

    @routes.post("/api/batches/<key:batch_id>/rest")
    def rest(batch_id: str) -> ResponseReturnValue:
        return jsonify(desk().rest(batch_id)), 202

    _add_refusals(routes)
    return routes


def _add_refusals(routes: Blueprint) -> None:
    for error, status in (
        (BadQuery, 400),
        (NoSuchRun, 404),
        (NotThere, 404),
        (TooManyBatches, 429),
        (ClientError, 502),
        (TelemetryUnavailable, 503),
    ):
        routes.errorhandler(error)(_refusal(status))

    @routes.errorhandler(LaunchRefused)
    def refused(error: LaunchRefused) -> ResponseReturnValue:
        return jsonify({"error": "nothing was sent; see the fields", "fields": error.fields}), 400


def _refusal(status: int) -> Any:
    def answer(error: Exception) -> ResponseReturnValue:
        return jsonify({"error": str(error.args[0])}), status

    return answer


def _wanted() -> RunFilter:
    args = request.args
    return RunFilter(
        args.get("source") or None,
        one_of(args, "status", list(STATUSES), "") or None,
        args.get("model") or None,
        args.get("q", "")[:MAX_TEXT],
    )


def _form() -> object:
    """The body, whatever it is: the form is judged as a whole."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        return request.get_json(force=True, silent=True)
    except RecursionError:
        return None
