"""The REST routes of machines and queues, and the commands to coordinators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from flask import Blueprint, request

from llm_service.core.operations.command_shapes import CancelAnswer, CommandDone
from llm_service.core.operations.node_shapes import NodeCard, NodesSnapshot, QueueCard, QueueSnapshot
from llm_service.core.query import BadQuery
from llm_service.dashboard.json_body import read_json
from llm_service.dashboard.upstream_refusal import refuse
from llm_service.dashboard.whole_keys import keyed_routes

MAX_BODY_BYTES = 256 * 1024
MOST_KEYS = 1_000
MOST_NAME = 200


class Commands(Protocol):
    """What the routes command. Raises `NoSuchSource` and `ClientError`."""

    def cancel(self, keys: Sequence[str] | None, source: str | None) -> CancelAnswer: ...
    def add_node(self, source: str, node: str, job: str) -> CommandDone: ...
    def switch(self, source: str, job: str, node: str, *, pause: bool) -> CommandDone: ...


def blueprint(
    nodes: Callable[[], Sequence[NodeCard]], queues: Callable[[], Sequence[QueueCard]], commands: Commands
) -> Blueprint:
    """The routes; `nodes` and `queues` tell how things stand at this moment."""
    routes = keyed_routes("coordinator", __name__)

    @routes.get("/api/nodes")
    def all_nodes() -> NodesSnapshot:
        return {"nodes": list(nodes())}

    @routes.get("/api/queue")
    def all_queues() -> QueueSnapshot:
        return {"queues": list(queues())}

    @routes.post("/api/queue/cancel")
    def cancel() -> CancelAnswer:
        body = _body('{"keys": ["spark:run_1"]} or {"source": "spark"} or {}')
        return commands.cancel(_keys(body), _name(body, "source") if "source" in body else None)

    @routes.post("/api/coordinator/<key:source>/add-node")
    def add_node(source: str) -> CommandDone:
        body = _body('{"node": "linux", "job": "job_3"}')
        return commands.add_node(source, _name(body, "node"), _name(body, "job"))

    @routes.put("/api/coordinator/<key:source>/jobs/<key:job_id>/nodes/<key:name>/pause")
    def pause(source: str, job_id: str, name: str) -> CommandDone:
        return commands.switch(source, job_id, name, pause=True)

    @routes.put("/api/coordinator/<key:source>/jobs/<key:job_id>/nodes/<key:name>/resume")
    def resume(source: str, job_id: str, name: str) -> CommandDone:
        return commands.switch(source, job_id, name, pause=False)

    refuse(routes)
    return routes


def _body(example: str) -> Mapping[str, Any]:
    body = read_json(request, MAX_BODY_BYTES)
    if not isinstance(body, dict):
        raise BadQuery(f"send a JSON object, as in {example}")
    return body


def _keys(body: Mapping[str, Any]) -> list[str] | None:
    """The runs that are named; None where none are. An empty list is none of them, and never all."""
    if "keys" not in body:
        return None
    keys = body["keys"]
    if not isinstance(keys, list) or len(keys) > MOST_KEYS or not all(isinstance(key, str) for key in keys):
        raise BadQuery(f"keys is a list of at most {MOST_KEYS:,} keys of runs, as in spark:run_1")
    return keys


def _name(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_NAME or not value.isprintable():
        raise BadQuery(f"{field} is missing or no text of one line with at most {MOST_NAME} characters")
    return value.strip()
