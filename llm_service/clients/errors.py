"""What can go wrong when a watched server is asked, each kind with what follows from it.

`sentence` is for the user: source, URL without secrets, status, what went wrong. What is tried next is added by
whoever tries, as only that knows.
"""

from __future__ import annotations

from llm_service.errors import LlmServiceError


class ClientError(LlmServiceError):
    """Base of them. `status` is what the server answered with, None where it did not."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class NotThere(ClientError):
    """404: the server has no such thing, or no such endpoint."""


class Denied(ClientError):
    """401 or 403: without another token there is no use in trying."""


class Busy(ClientError):
    """429 or 503; `retry_after_s` where the server says when to come back."""

    def __init__(self, sentence: str, status: int, retry_after_s: float | None) -> None:
        super().__init__(sentence, status)
        self.retry_after_s = retry_after_s


class Refused(ClientError):
    """Any other 4xx: it will be refused again. `detail` is the server's own reason, "" where it gives none."""

    def __init__(self, sentence: str, status: int, detail: str = "") -> None:
        super().__init__(sentence, status)
        self.detail = detail


class Conflict(Refused):
    """409; `body` is the JSON that came with it, None where that is none."""

    def __init__(self, sentence: str, detail: str = "", body: object = None) -> None:
        super().__init__(sentence, 409, detail)
        self.body = body


class ServerFailed(ClientError):
    """5xx other than 503."""


class BadAnswer(ClientError):
    """An answer that is none: a web page, a redirect, no JSON, too large, the wrong type."""


class Unreachable(ClientError):
    """No answer. `maybe_done`: what was asked for (a POST, PUT or DELETE) may have been done all the same."""

    def __init__(self, sentence: str, *, maybe_done: bool = False) -> None:
        super().__init__(sentence)
        self.maybe_done = maybe_done


class StreamEnded(ClientError):
    """204 to a stream: the server asks us not to come back."""
