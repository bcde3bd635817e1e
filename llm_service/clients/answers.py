"""What a server's answer says: its body within bounds, or the error that it is."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from llm_service.clients.errors import (
    BadAnswer,
    Busy,
    ClientError,
    Conflict,
    Denied,
    NotThere,
    Refused,
    ServerFailed,
    StreamEnded,
    Unreachable,
)

_AT_ONCE = 65_536
_REASON_BYTES = 65_536
"""Of the body of a refusal; more than a reason is not wanted."""
_REASON_CHARS = 300
_RETRY_AFTER_S = 3600.0
"""A server that says "tomorrow" is asked again after an hour."""


class Asked(NamedTuple):
    """A request, as it is told to the user. `hide` is the token, which a server may repeat in its answer."""

    source: str
    method: str
    url: str
    hide: str | None

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def said(self, what: str) -> str:
        """The sentence about it: source, method and URL, what went wrong."""
        text = f"{self.source}: {self.method} {self.url} {what}"
        return text.replace(self.hide, "***") if self.hide else text


def clock_skew(response: requests.Response, sent_s: float, got_s: float) -> float | None:
    """How many seconds the server's clock is ahead of ours; None where it does not tell. Good to a second."""
    try:
        stamped = parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    # The header counts whole seconds, so on average half a second has passed since.
    return round(stamped + 0.5 - (sent_s + got_s) / 2, 1)


def judge(response: requests.Response, asked: Asked, end_s: float) -> None:
    """Raise what the status means; return where it is a 2xx. 204 is none for whoever wants a body."""
    status = response.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise BadAnswer(
            asked.said(f"answered {status}, a redirect to {_target(response)}, which is not followed"), status
        )
    body = _reason_body(response, asked, end_s)
    detail = _detail(body)
    sentence = asked.said(f"answered {_named(status)}{f': {detail}' if detail else ''}")
    raise _error(status, sentence, detail, body, response.headers.get("Retry-After"))


def _error(status: int, sentence: str, detail: str, body: object, retry_after: str | None) -> ClientError:
    if status == 404:
        return NotThere(sentence, status)
    if status in (401, 403):
        return Denied(sentence, status)
    if status in (429, 503):
        return Busy(sentence, status, read_retry_after(retry_after, time.time()))
    if status == 409:
        return Conflict(sentence, detail, body)
    if 400 <= status < 500:
        return Refused(sentence, status, detail)
    return ServerFailed(sentence, status)


def read_body(response: requests.Response, asked: Asked, max_bytes: int, end_s: float) -> bytes:
    """The whole body. Raises `BadAnswer` beyond `max_bytes`, `Unreachable` where it breaks off or takes too long."""
    declared = response.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > max_bytes:
        raise BadAnswer(asked.said(f"answered with more than {max_bytes:,} bytes"), response.status_code)
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.raw.read1(_AT_ONCE, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > max_bytes:
                raise BadAnswer(asked.said(f"answered with more than {max_bytes:,} bytes"), response.status_code)
            if time.monotonic() > end_s:
                raise Unreachable(asked.said("did not finish its answer in time"), maybe_done=asked.writes)
    except (HTTPError, OSError, ValueError) as error:
        # ValueError: another thread closed the file while it was read.
        raise Unreachable(asked.said("broke off in the middle of its answer"), maybe_done=asked.writes) from error
    return b"".join(parts)


def read_json(body: bytes, response: requests.Response, asked: Asked) -> Any:
    """The JSON of a body, whatever its type is called. None for an empty one."""
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("Content-Type", "")
        what = "a web page" if "html" in kind.lower() or body.lstrip()[:1] == b"<" else "something"
        raise BadAnswer(
            asked.said(f"answered {response.status_code} with {what} that is no JSON"), response.status_code
        ) from error


def require_event_stream(response: requests.Response, asked: Asked) -> None:
    """Raise what is no event stream; a login page with status 200 would else be an eternal silence."""
    if response.status_code in (204, 205):
        raise StreamEnded(asked.said(f"answered {_named(response.status_code)}: there is nothing more to hear"), 204)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "text/event-stream":
        what = "a web page" if "html" in kind else f"'{kind[:60]}'" if kind else "something without a type"
        raise BadAnswer(asked.said(f"answered 200 with {what} instead of an event stream"), response.status_code)


def read_retry_after(value: str | None, now_s: float) -> float | None:
    """Seconds from a `Retry-After`, which holds seconds or a date; at most an hour; None where it is neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(_RETRY_AFTER_S, float(text[:12]))
    try:
        return min(_RETRY_AFTER_S, max(0.0, parsedate_to_datetime(text).timestamp() - now_s))
    except (TypeError, ValueError, OverflowError):
        return None


def _reason_body(response: requests.Response, asked: Asked, end_s: float) -> object:
    try:
        return json.loads(read_body(response, asked, _REASON_BYTES, end_s))
    except (ClientError, ValueError, RecursionError):
        return None


def _detail(body: object) -> str:
    """The reason in FastAPI's form: {"detail": "…"} or {"detail": [{"loc": […], "msg": "…"}]}; also {"error": "…"}."""
    if not isinstance(body, dict):
        return ""
    detail = body.get("detail", body.get("error", ""))
    if isinstance(detail, list):
        found = [item for item in detail if isinstance(item, dict)]
        detail = "; ".join(f"{'.'.join(map(str, _places(item)))}: {item.get('msg', '')}" for item in found[:5])
    if isinstance(detail, dict):
        detail = detail.get("error", detail.get("message", ""))
    return " ".join(str(detail).split())[:_REASON_CHARS] if detail else ""


def _places(item: dict[str, Any]) -> list[Any]:
    loc = item.get("loc")
    return loc if isinstance(loc, list) else []


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def _target(response: requests.Response) -> str:
    """Where a redirect points, without what may be secret in it."""
    try:
        parts = urlsplit(response.headers.get("Location", ""))
        place = f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""
    except ValueError:
        return "somewhere"
    return f"{place}{parts.path}"[:120] or "somewhere"
