"""What it means that no answer came: refused, unknown, too slow, not to be trusted, or closed in between."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import NamedTuple

import requests

from llm_service.clients.addresses import ForbiddenAddress
from llm_service.clients.answers import Asked
from llm_service.clients.errors import BadAnswer, ClientError, Unreachable


class Timeouts(NamedTuple):
    """Seconds: to connect, between two bytes, for all headers, for a whole answer."""

    connect_s: float = 5.0
    read_s: float = 15.0
    headers_s: float = 20.0
    whole_s: float = 60.0


class Crossed(Unreachable):
    """The connection ended before an answer came: it may have been an old one that was just being closed."""


def failure_of(error: Exception, asked: Asked, limits: Timeouts) -> ClientError:
    """The error that a request without an answer is, with its sentence."""
    if isinstance(error, ForbiddenAddress):
        return BadAnswer(asked.said(f"was not asked: {error}, which is never asked"))
    if isinstance(error, requests.ConnectTimeout):
        return Unreachable(asked.said(f"did not take a connection within {limits.connect_s:g} s"))
    if isinstance(error, requests.Timeout):
        return Unreachable(asked.said(f"did not answer within {limits.read_s:g} s"), maybe_done=asked.writes)
    if isinstance(error, requests.exceptions.SSLError):
        return BadAnswer(asked.said(_tls_words(error)))
    text = str(error)
    if "NameResolutionError" in text or "Failed to resolve" in text:
        return Unreachable(asked.said("cannot be reached: its name is not known"))
    if "NewConnectionError" in text or "Failed to establish" in text or "Max retries" in text:
        return Unreachable(asked.said(f"cannot be reached: {_system_words(error)}"))
    return Crossed(asked.said("closed the connection before it answered"))


def _tls_words(error: BaseException) -> str:
    """What went wrong with TLS: OpenSSL's word on the certificate, or that the other side speaks something else."""
    for deeper in _pile(error):
        if isinstance(deeper, ssl.SSLCertVerificationError):
            return f"has a certificate that is not accepted ({deeper.verify_message.rstrip('.')})"
    return "did not answer in TLS; its address may have to begin with http://"


def _pile(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those beneath it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _system_words(error: BaseException | None) -> str:
    """What the system says at the bottom of a pile of errors, such as "connection refused"."""
    for deeper in _pile(error):
        if isinstance(deeper, OSError) and deeper.strerror:
            return deeper.strerror.lower()
    return "no connection"
