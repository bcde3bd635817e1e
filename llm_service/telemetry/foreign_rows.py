"""Records of other programs as raw rows: CSV with a header or JSON lines. Read, never changed."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from llm_service.core.invocations.rows import FIELDS
from llm_service.errors import LlmServiceError

MOST_LINE_CHARS = 1_000_000
_SQLITE = b"SQLite format 3\x00"
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?", re.ASCII)
_TEXTS = {"invocation_id", "model", "tool", "provider", "agent", "task", "session", "project", "node", "tier", "error"}
_OURS = {"door", "total_tokens", "estimated_usd", "reported_usd", "price", "counted"}
"""Columns of our own export that are no input: by which way a row came and what we made of it."""


class Numbered(NamedTuple):
    """A raw row (or what stands there instead) and where it stands: the line of a file, the id of a database's row."""

    line: int
    raw: object


def kind_of(path: Path) -> str:
    """``sqlite``, ``csv`` or ``jsonl``, by what the file begins with. Raises `LlmServiceError`."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise LlmServiceError(f"cannot read {path}: {error.strerror}") from error
    if head.startswith(_SQLITE):
        return "sqlite"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "jsonl" if text[:1] in (b"{", b"[") or path.suffix in (".jsonl", ".ndjson") else "csv"


def json_lines(path: Path) -> Iterator[Numbered]:
    """A row a line. A line that is no JSON is handed on as its text, to be refused by its number."""
    seen: dict[bytes, int] = {}
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(iter(lambda: file.readline(MOST_LINE_CHARS), ""), 1):
            # The JSON that `telemetry export` writes is a list with a row a line.
            text = line.strip().rstrip(",")
            if text in ("", "[", "]"):
                continue
            try:
                raw = json.loads(text)
            except (ValueError, RecursionError):
                raw = text[:100]
            yield Numbered(number, _with_id(_without_ours(raw), seen))


def csv_rows(path: Path) -> Iterator[Numbered]:
    """A row a record; empty cells are not given. Raises `LlmServiceError` where the header names no model."""
    seen: dict[bytes, int] = {}
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(_short_lines(file), strict=False)
        header = [name.strip() for name in next(reader, [])]
        if "model" not in header:
            named = f"; its first line is {', '.join(header)[:200]}" if header else ""
            raise LlmServiceError(f"{path}: a CSV file needs a header with at least the column model{named}")
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) > len(header):
                yield Numbered(reader.line_num, f"{len(cells)} cells below {len(header)} columns")
                continue
            raw = {name: _value(name, cell) for name, cell in zip(header, cells, strict=False) if cell.strip()}
            yield Numbered(reader.line_num, _with_id(_without_ours(raw), seen))


def _short_lines(file: Any) -> Iterator[str]:
    return iter(lambda: file.readline(MOST_LINE_CHARS), "")


def _value(name: str, cell: str) -> object:
    """The cell as what its column holds; a text that is no number there is handed on as it is, to be refused."""
    if name in _TEXTS or name in ("timestamp", "status"):
        guarded = cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r", "\n")
        return cell[1:] if guarded else cell
    text = cell.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else cell


def _without_ours(raw: object) -> object:
    """A row of our own export as it came in: of its costs only what the source reported."""
    if not isinstance(raw, dict) or "counted" not in raw or "total_tokens" not in raw:
        return raw
    kept = {name: value for name, value in raw.items() if name not in _OURS and name != "cost_usd"}
    return {**kept, "cost_usd": raw.get("reported_usd")}


def _with_id(raw: object, seen: dict[bytes, int]) -> object:
    """A row that has no id gets one of its content, and of how many equal ones stand before it in the file."""
    if not isinstance(raw, Mapping) or raw.get("invocation_id") or not raw.keys() <= FIELDS:
        return raw
    content = json.dumps(raw, sort_keys=True, default=str).encode("utf-8", "replace")
    digest = hashlib.sha256(content).digest()[:16]
    seen[digest] = count = seen.get(digest, 0) + 1
    return {**raw, "invocation_id": f"import:{hashlib.sha256(digest + str(count).encode()).hexdigest()[:32]}"}
