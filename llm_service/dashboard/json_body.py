"""A request's body as JSON, bounded at every step: bytes received, bytes inflated, values, depth."""

from __future__ import annotations

import json
import zlib
from typing import Any

from flask import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

MOST_BYTES = 16 * 1024 * 1024
MOST_DEPTH = 32
MOST_CONTAINERS = 200_000
"""Objects and lists; counted as brackets in the text, also those inside strings. An empty one takes 64 bytes."""

_MIB = 1024 * 1024


def read_json(request: Request, most: int = MOST_BYTES, *, not_numbers: bool = False) -> Any:
    """The body of `request`. Raises werkzeug's 400, 413 and 415 with a sentence.

    `NaN` and `Infinity`, which Python's own `json` writes, cost the whole body unless `not_numbers` lets them in.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType(f"send application/json; this is {request.mimetype[:60] or 'of no stated type'}")
    data = read_bytes(request, most)
    if data.count(b"{") + data.count(b"[") > MOST_CONTAINERS:
        raise RequestEntityTooLarge(f"more than {MOST_CONTAINERS:,} objects in one request; send several")
    try:
        value = json.loads(data, parse_constant=float if not_numbers else _refuse_constant)
    except RecursionError:
        raise BadRequest(_TOO_DEEP) from None
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {str(error)[:200]}") from None
    if _deeper_than(value, MOST_DEPTH):
        raise BadRequest(_TOO_DEEP)
    return value


def read_bytes(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body of `request`, unpacked where it is gzipped, and not a byte more than `most` of it."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType(f"Content-Encoding {coding[:40]} is not understood; send gzip or none")
    if (request.content_length or 0) > most:
        raise RequestEntityTooLarge(_too_large(most))
    request.max_content_length = most
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RequestEntityTooLarge(_too_large(most)) from None
    return _inflated(data, most) if coding.endswith("gzip") else data


_TOO_DEEP = f"the body is nested deeper than {MOST_DEPTH} levels"


def _too_large(most: int) -> str:
    return f"the body is larger than {most // _MIB} MiB; send fewer rows at a time"


def _inflated(data: bytes, most: int) -> bytes:
    """All members of a gzip stream, stopped as soon as they are too large together."""
    parts: list[bytes] = []
    left = most
    while data:
        stream = zlib.decompressobj(31)
        try:
            part = stream.decompress(data, left + 1)
        except zlib.error:
            raise BadRequest("the body is not gzip, which its Content-Encoding says it is") from None
        if len(part) > left:
            raise RequestEntityTooLarge(_too_large(most))
        if not stream.eof:
            raise BadRequest("the gzipped body ends too early")
        parts.append(part)
        left -= len(part)
        data = stream.unused_data
        if len(parts) > _MOST_MEMBERS:
            raise BadRequest(f"the gzipped body has more than {_MOST_MEMBERS} parts")
    return b"".join(parts)


_MOST_MEMBERS = 100


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _deeper_than(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [inner for item in level for inner in _inside(item) if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
