"""What a watched server refused, as an answer of ours: its sentence, and a status that is not mistaken for our own."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from llm_service.clients.errors import Busy, ClientError, Conflict, NotThere, Refused
from llm_service.core.no_such_source import NoSuchSource


def refuse(routes: Blueprint) -> None:
    """Answer errors of watched servers on all `routes`."""
    routes.errorhandler(ClientError)(_refused)
    routes.errorhandler(NoSuchSource)(_no_such_source)


def status_of(error: ClientError) -> int:
    """404, 409 and 503 stay what they are, a bad request is one of ours, everything else is a bad gateway.

    401 and 403 are the server's, not ours: a page would ask its user to log in here.
    """
    if isinstance(error, NotThere):
        return 404
    if isinstance(error, Conflict):
        return 409
    if isinstance(error, Busy):
        return 503
    return 400 if isinstance(error, Refused) else 502


def _refused(error: ClientError) -> ResponseReturnValue:
    return jsonify({"error": error.sentence}), status_of(error)


def _no_such_source(error: NoSuchSource) -> ResponseReturnValue:
    return jsonify({"error": str(error)}), 404
