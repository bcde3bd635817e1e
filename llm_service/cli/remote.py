"""Asking the server that runs already: one short HTTP request to this machine, never through a proxy."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from llm_service.errors import LlmServiceError
from llm_service.instance import find_token
from llm_service.instance_record import Record

TIMEOUT_S = 5.0
HEALTH_TIMEOUT_S = 2.0
UNAUTHORIZED = 401


class Refused(LlmServiceError):
    """The server answered, and not with what was asked; `status` is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def login_url(record: Record, environ: Mapping[str, str]) -> str:
    """A new one-time login link of the running server."""
    return str(post(record, "/api/login-codes", environ)["login_url"])


def post(record: Record, path: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """POST without a body, with the token. Raises `LlmServiceError`."""
    return send(record, "POST", path, environ)


def send(
    record: Record,
    method: str,
    path: str,
    environ: Mapping[str, str],
    fields: Mapping[str, Any] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> dict[str, Any]:
    """One request with the token, and `fields` as JSON; returns the object it was answered with.

    Raises `Refused` with the server's own sentence, and `LlmServiceError` where nobody answers.
    """
    sent = b"" if fields is None else json.dumps(fields).encode()
    headers = {"Content-Length": str(len(sent))}
    if fields is not None:
        headers["Content-Type"] = "application/json"
    if token := find_token(record, environ):
        headers["Authorization"] = f"Bearer {token}"
    status, body = _ask(record, method, path, headers, timeout_s, sent)
    if status == UNAUTHORIZED:
        raise Refused(f"{record.url} asks for another token; set LLM_SERVICE_TOKEN to the one it was started with", 401)
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    if status != http.client.OK or not isinstance(answer, dict):
        reason = answer.get("error", "") if isinstance(answer, dict) else ""
        raise Refused(f"{record.url} answered {status}{f': {reason}' if reason else ''}", status)
    return answer


def answers(record: Record) -> bool:
    """Whether the server answers at all."""
    try:
        return _ask(record, "GET", "/health", {}, HEALTH_TIMEOUT_S)[0] == http.client.OK
    except LlmServiceError:
        return False


def _ask(
    record: Record,
    method: str,
    path: str,
    headers: dict[str, str],
    timeout_s: float = TIMEOUT_S,
    content: bytes = b"",
) -> tuple[int, bytes]:
    host = urlsplit(record.url).hostname or "127.0.0.1"
    connection = http.client.HTTPConnection(host, record.port, timeout=timeout_s)
    try:
        connection.request(method, path, body=content or None, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(1_000_000)
    except (OSError, http.client.HTTPException) as error:
        raise LlmServiceError(f"the server at {record.url} (pid {record.pid}) does not answer: {error}") from error
    finally:
        connection.close()
