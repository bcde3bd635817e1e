"""The REST routes of training jobs. What is refused is a sentence: 400 what is written (with its fields), 404 what is
not known, 405 what a server cannot do, 409 what stands in the way, 502 what a watched server said or did not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from llm_service.core.query import BadQuery
from llm_service.core.training import refusals
from llm_service.core.training.shapes import Adapters, JobCard, JobList
from llm_service.dashboard.json_body import read_json
from llm_service.dashboard.query_args import one_of, whole_number
from llm_service.dashboard.whole_keys import keyed_routes

MAX_BODY_BYTES = 64 * 1024
KINDS = ["finetune", "skill", "pipeline", "datagen"]
STATUSES = ["queued", "running", "completed", "failed", "cancelled", "stale", "vanished", "unknown"]


class Training(Protocol):
    """What the routes need. Methods raise the errors of `core.training.refusals`, `listing` also `BadQuery`."""

    def listing(self, source: str | None, kind: str | None, status: str | None, before: str, limit: int) -> JobList: ...
    def job(self, key_or_id: str) -> JobCard: ...
    def adapters(self) -> Adapters: ...
    def start(self, body: Mapping[str, Any]) -> JobCard: ...
    def cancel(self, key_or_id: str) -> JobCard: ...
    def advance(self, key_or_id: str, step: str) -> JobCard: ...


def blueprint(training: Training) -> Blueprint:
    """The routes over `training`."""
    routes = keyed_routes("training", __name__)

    @routes.get("/api/training")
    def listing() -> JobList:
        args = request.args
        return training.listing(
            args.get("source") or None,
            one_of(args, "kind", KINDS, "") or None,
            one_of(args, "status", STATUSES, "") or None,
            args.get("before", ""),
            whole_number(args, "limit", 1, 500, 100),
        )

    @routes.post("/api/training")
    def start() -> ResponseReturnValue:
        return jsonify({"job": training.start(_body())}), 202

    @routes.get("/api/training/adapters")
    def adapters() -> Adapters:
        return training.adapters()

    @routes.get("/api/training/<key:key>")
    def job(key: str) -> JobCard:
        return training.job(key)

    @routes.delete("/api/training/<key:key>")
    def cancel(key: str) -> ResponseReturnValue:
        return jsonify({"job": training.cancel(key)})

    @routes.post("/api/training/<key:key>/advance")
    def advance(key: str) -> ResponseReturnValue:
        step = _body().get("step")
        if not isinstance(step, str) or not step.strip() or len(step) > 60 or not step.isprintable():
            raise refusals.BadStart({"step": "must be the step to go on with, a text of at most 60 characters"})
        return jsonify({"job": training.advance(key, step.strip())})

    _refuse(routes)
    return routes


def _refuse(routes: Blueprint) -> None:
    for kind, status in (
        (refusals.NoSuchJob, 404),
        (refusals.NotOffered, 405),
        (refusals.HasEnded, 409),
        (refusals.ServerRefused, 502),
        (refusals.ServerSilent, 502),
    ):
        routes.errorhandler(kind)(_sentence(status))

    @routes.errorhandler(refusals.BadStart)
    def bad(error: refusals.BadStart) -> ResponseReturnValue:
        return jsonify({"error": str(error), "fields": error.fields}), 400

    @routes.errorhandler(refusals.AlreadyRuns)
    def runs(error: refusals.AlreadyRuns) -> ResponseReturnValue:
        return jsonify({"error": str(error), "job": error.job}), 409


def _sentence(status: int) -> Any:
    def answer(error: Exception) -> ResponseReturnValue:
        return jsonify({"error": str(error)}), status

    return answer


def _body() -> Mapping[str, Any]:
    body = read_json(request, MAX_BODY_BYTES)
    if not isinstance(body, dict):
        raise BadQuery('send a JSON object, as in {"kind": "finetune", "epochs": 3}')
    return body
