"""Changing the ``status:`` of a task file and not one other byte."""

from __future__ import annotations

import re

from llm_service.core.taskfile import read_document
from llm_service.core.yamltext import Unreadable
from llm_service.errors import TaskFileError

_LINE = re.compile(
    rb"""(?x) ^ (?P<key> ["']? status ["']? \s* : [\ \t]+ | ["']? status ["']? \s* : (?=\r?\n?$) )
    (?P<value> "[^"\\]*" | '[^']*' | [A-Za-z0-9_] [A-Za-z0-9_\ -]*? | )
    (?P<rest> [\ \t]* (?:\#[^\r\n]*)? (?:\r?\n)? ) $"""
)


def with_status(data: bytes, status: str, max_bytes: int) -> bytes:
    """`data` with its status set, or a status line added at its end. Raises `TaskFileError`."""
    try:
        document = read_document(data, max_bytes)
    except Unreadable as error:
        raise TaskFileError(f"the status cannot be set: {error.problem.reason}") from error
    if document.values.get("status") == status:
        return data
    changed = _changed(data, document.lines.get("status"), status)
    expected = {**document.values, "status": status}
    try:
        kept = read_document(changed, max_bytes).values == expected
    except Unreadable:
        kept = False
    if not kept:
        raise TaskFileError("the status is written in a way that cannot be changed safely; edit it by hand")
    return changed


def _changed(data: bytes, line: int | None, status: str) -> bytes:
    lines = data.splitlines(keepends=True)
    if line is None:
        ending = b"\r\n" if b"\r\n" in data else b"\n"
        gap = b"" if data.endswith((b"\n", b"\r")) else ending
        return data + gap + b"status: " + status.encode() + ending
    found = _LINE.match(lines[line - 1])
    if found is not None:
        key = found["key"] if found["key"].endswith((b" ", b"\t")) else found["key"] + b" "
        quote = found["value"][:1] if found["value"][:1] in (b'"', b"'") else b""
        lines[line - 1] = key + quote + status.encode() + quote + found["rest"]
    return b"".join(lines)
