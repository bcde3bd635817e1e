"""One line of a log to the JSON object in it, forgiving what does not touch its figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# Not strict: a raw tab or another control character inside a text does not cost the line.
_DECODER = json.JSONDecoder(strict=False)
BOM = b"\xef\xbb\xbf"
_STARTS = re.compile(r'\{"(?:parentUuid|type|timestamp|sessionId|uuid|cwd)"')
"""How a line begins. Inside a JSON string each of these quotes would have a backslash before it."""
MOST_STARTS = 16


def looks_whole(line: bytes) -> bool:
    """Whether the line begins and ends as an object does; one that was torn off does not."""
    return line.startswith((b"{", BOM)) and line.endswith(b"}")


def read_object(line: bytes) -> dict[str, Any] | None:
    """The object that is this line; None where it is none. Bytes that are no UTF-8 become replacement characters."""
    try:
        value = _DECODER.decode(_decoded(line))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def salvage(line: bytes) -> Iterator[dict[str, Any]]:
    """Whole objects in a line that is not one: a writer was killed in the middle, and the next went on behind it."""
    content = _decoded(line)
    position = 0
    for _ in range(MOST_STARTS):
        start = _STARTS.search(content, position)
        if start is None:
            return
        try:
            value, position = _DECODER.raw_decode(content, start.start())
        except (ValueError, RecursionError):
            position = start.end()
            continue
        if isinstance(value, dict) and _ends_here(content, position):
            yield value


def _ends_here(content: str, position: int) -> bool:
    """Whether what follows is the end or the next object: anything else means that this one lay inside another."""
    rest = content[position : position + 1].strip()
    return rest in ("", "{")


def _decoded(line: bytes) -> str:
    if line.startswith(BOM):
        line = line[len(BOM) :]
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace")
