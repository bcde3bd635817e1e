"""What the page shows of each root: how many files, how far read, what was skipped, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from llm_service.core.agentlogs.shapes import LogSourceJson
from llm_service.core.times import iso_seconds
from llm_service.sources.agentlogs.cursors import MOST_REASONS, OTHER_REASONS, Cursor, key_of
from llm_service.sources.agentlogs.finding import LogFile, Root
from llm_service.sources.agentlogs.passes import Passes

UNREADABLE = "unreadable file"


class Trouble(NamedTuple):
    """What is wrong with reading as a whole: why it failed, why there is no watch; and whether all is being read."""

    failed: str = ""
    polling: str = ""
    looking: bool = False


def report(passes: Passes, trouble: Trouble) -> list[LogSourceJson]:
    """One entry per root, found or not."""
    seen = passes.snapshot()
    cursors = _by_tool(seen.cursors.values())
    return [
        _source(root, cursors.get(root.tool.name, []), seen.files, _state(root, seen.troubles.get(root.path), trouble))
        for root in passes.roots()
    ]


def empty(root: Root, state: Literal["missing", "off"]) -> LogSourceJson:
    """The entry of a root of which nothing was read."""
    return _source(root, [], {}, _State(root.path.exists(), state, None))


class _State(NamedTuple):
    found: bool
    state: Literal["reading", "following", "missing", "off", "error"]
    error: str | None


def _state(root: Root, unlisted: str | None, trouble: Trouble) -> _State:
    found = root.path.exists()
    error = unlisted or (trouble.failed if found else "")
    if error:
        return _State(found, "error", error)
    if not found:
        return _State(False, "missing", None)
    return _State(True, "reading" if trouble.looking else "following", trouble.polling or None)


def _source(root: Root, cursors: Iterable[Cursor], files: Mapping[str, LogFile], state: _State) -> LogSourceJson:
    prefix = f"{key_of(root.path)}/"
    own = [cursor for cursor in cursors if cursor.path.startswith(prefix)]
    here = [file for file in files.values() if file.root == root]
    newest_ms = max((cursor.newest_ms for cursor in own), default=0)
    error = state.error or _first_error(own)
    return {
        "tool": root.tool.name,
        "root": str(root.path),
        "found": state.found,
        "files": len(here),
        "lines": sum(cursor.lines for cursor in own),
        "messages": sum(cursor.messages for cursor in own),
        "bytes_read": sum(_read_bytes(cursor, files) for cursor in own if not cursor.gone),
        "bytes_total": sum(file.stamp.size for file in here),
        "state": state.state,
        "error": error,
        "skipped": _skipped(own),
        "newest_at": iso_seconds(newest_ms / 1000) if newest_ms else None,
        "known_gaps": list(root.tool.gaps),
    }


def _read_bytes(cursor: Cursor, files: Mapping[str, LogFile]) -> int:
    """Never more than there is: of a compressed file the offset counts what is in it."""
    file = files.get(cursor.path)
    if file is None:
        return 0
    if cursor.path.endswith(".zst"):
        return file.stamp.size if cursor.stamp == file.stamp else 0
    return min(cursor.offset, file.stamp.size)


def _first_error(cursors: Iterable[Cursor]) -> str | None:
    """The first file that cannot be read, so that a person knows where to look."""
    return next((f"{cursor.path}: {cursor.error}" for cursor in cursors if cursor.error and not cursor.gone), None)


def _skipped(cursors: Iterable[Cursor]) -> dict[str, int]:
    total: dict[str, int] = {}
    for cursor in cursors:
        if cursor.error and not cursor.gone:
            total[UNREADABLE] = total.get(UNREADABLE, 0) + 1
        for reason, number in cursor.skipped.items():
            name = reason if reason in total or len(total) < MOST_REASONS else OTHER_REASONS
            total[name] = total.get(name, 0) + number
    return dict(sorted(total.items()))


def _by_tool(cursors: Iterable[Cursor]) -> dict[str, list[Cursor]]:
    found: dict[str, list[Cursor]] = {}
    for cursor in cursors:
        found.setdefault(cursor.tool, []).append(cursor)
    return found
