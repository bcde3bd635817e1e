"""An event stream read word by word as two WHATWG standards say, for comparison; shares nothing with the product.

Encoding standard, section 8.1.1 (UTF-8 decoder); HTML standard, section 9.2.6 (interpreting an event stream).
"""

from __future__ import annotations

import re
from typing import NamedTuple

REPLACEMENT = "\ufffd"


class Read(NamedTuple):
    """What an event source knows at the end of a stream; each event is (type, data, last event id)."""

    events: list[tuple[str, str, str]]
    last_event_id: str
    reconnection_ms: int | None


def read(stream: bytes) -> Read:
    """Everything in these bytes, of which none come any more."""
    text = utf8_decode(stream)
    lines = re.split("\r\n|\n|\r", text)[:-1]  # what no end of line follows is no line
    events: list[tuple[str, str, str]] = []
    data = event_type = id_buffer = last_event_id = ""
    reconnection_ms: int | None = None
    for line in lines:
        if line == "":
            last_event_id = id_buffer
            if data != "":
                if data.endswith("\n"):
                    data = data[:-1]
                events.append((event_type if event_type != "" else "message", data, last_event_id))
            data = event_type = ""
            continue
        if line.startswith(":"):
            continue
        if ":" in line:
            field, value = line[: line.index(":")], line[line.index(":") + 1 :]
            if value.startswith(" "):
                value = value[1:]
        else:
            field, value = line, ""
        if field == "event":
            event_type = value
        elif field == "data":
            data += value + "\n"
        elif field == "id":
            if "\0" not in value:
                id_buffer = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            reconnection_ms = int(value)
    return Read(events, last_event_id, reconnection_ms)


def utf8_decode(stream: bytes) -> str:
    """ "UTF-8 decode": without a byte order mark at the begin, and with replacement characters for what is none."""
    if stream[:3] == b"\xef\xbb\xbf":
        stream = stream[3:]
    out: list[str] = []
    code_point = seen = needed = 0
    lower, upper = 0x80, 0xBF
    position = 0
    while position < len(stream):
        byte = stream[position]
        position += 1
        if needed == 0:
            if byte <= 0x7F:
                out.append(chr(byte))
            elif 0xC2 <= byte <= 0xDF:
                needed, code_point = 1, byte & 0x1F
            elif 0xE0 <= byte <= 0xEF:
                lower = 0xA0 if byte == 0xE0 else 0x80
                upper = 0x9F if byte == 0xED else 0xBF
                needed, code_point = 2, byte & 0xF
            elif 0xF0 <= byte <= 0xF4:
                lower = 0x90 if byte == 0xF0 else 0x80
                upper = 0x8F if byte == 0xF4 else 0xBF
                needed, code_point = 3, byte & 0x7
            else:
                out.append(REPLACEMENT)
            continue
        if not lower <= byte <= upper:
            code_point = needed = seen = 0
            lower, upper = 0x80, 0xBF
            position -= 1  # restored to the queue
            out.append(REPLACEMENT)
            continue
        lower, upper = 0x80, 0xBF
        code_point = (code_point << 6) | (byte & 0x3F)
        seen += 1
        if seen == needed:
            out.append(chr(code_point))
            code_point = needed = seen = 0
    # What is unfinished at the end would be one more replacement character, on a line that nothing ends.
    return "".join(out)
