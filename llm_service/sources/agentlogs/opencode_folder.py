"""Reads what is new in OpenCode's folder of JSON files, which it used before 1.2 and left behind after (O6)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from llm_service.core.agentlogs.fold import BAD_COUNT, MALFORMED, Found
from llm_service.core.agentlogs.opencode import (
    BAD_COST,
    COPIED,
    Message,
    Session,
    document_of,
    is_answer,
    is_original,
    is_own_make,
    made_at,
    read_message,
)
from llm_service.core.agentlogs.opencode_tokens import Kept
from llm_service.core.agentlogs.values import ImpossibleCountError
from llm_service.sources.agentlogs.tool import State

FILES = 500
LARGEST_STEP = 16_384
"""Bytes. The end of a step is some hundred; larger parts are texts and outputs of tools."""
LARGEST_MESSAGE = 32 << 20
NEWEST_SESSIONS = 8
SESSION_BYTES = 65_536
MADE_AT = len(made_at(0))


class _File(NamedTuple):
    mtime_ns: int
    path: str


def stamp(storage: Path) -> tuple[int, ...] | None:
    """Numbers that change when a message is written; None where there are no messages. The first is a guess at bytes.

    To look at every file would take seconds, so of all sessions but the newest only the folder is looked at.
    """
    try:
        folders = sorted(_folders(storage / "message"), reverse=True)
    except FileNotFoundError:
        return None
    newest = max((file.mtime_ns for folder in folders[:NEWEST_SESSIONS] for file in _files(folder.path)), default=0)
    changed = folders[0].mtime_ns if folders else 0
    return len(folders) * SESSION_BYTES, len(folders), changed, newest


def poll(storage: Path, state: State | None) -> Iterator[tuple[Found, State]]:
    """What was written since `state`, the oldest first. Raises OSError where the folder cannot be read."""
    since = (state or {}).get("since_ns", 0)
    # A file may have been written in the very moment the last one was seen: that moment is read again.
    every = [file for folder in _folders(storage / "message") for file in _files(folder.path)]
    reader = _Reader(storage, every)
    changed = sorted(file for file in every if file.mtime_ns >= since)
    seen = set((state or {}).get("seen", ()))
    for start in range(0, len(changed), FILES):
        files = changed[start : start + FILES]
        newest = files[-1].mtime_ns
        found = reader.read(files, seen)
        yield found, {"since_ns": newest, "seen": [_name(file) for file in files if file.mtime_ns == newest]}


class _Reader:
    """Reads messages, and finds what a fork copied among all files there are."""

    def __init__(self, storage: Path, every: list[_File]) -> None:
        self._storage = storage
        self._every = every
        self._by_moment: dict[str, list[str]] | None = None
        self._sessions: dict[str, Session] = {}
        self._skipped: dict[str, int] = {}

    def read(self, files: list[_File], seen: set[str]) -> Found:
        """`seen` names those that were told before, to be told again but not to be counted again."""
        self._skipped = {}
        rows = []
        messages = 0
        for file in files:
            known = _name(file) in seen
            message = self._message(file.path, known)
            if message is None:
                continue
            if self._is_copy(file.path, message):
                self._skip(COPIED, known)
                continue
            if message.bad_cost:
                self._skip(BAD_COST, known)
            rows.append(message.row)
            messages += message.final and not known
        return Found(rows, self._skipped, messages)

    def _message(self, path: str, known: bool = True) -> Message | None:
        document = document_of(_content(path, LARGEST_MESSAGE))
        if document is None:
            self._skip(MALFORMED, known)  # O15
            return None
        if not is_answer(document, Kept.FOLDER):
            return None
        identifier = _identifier(path)
        try:
            steps = self._steps(identifier) if _needs_steps(document) else []
            return read_message(identifier, document, steps, self._session(path), Kept.FOLDER)
        except ImpossibleCountError:
            self._skip(BAD_COUNT, known)
            return None

    def _steps(self, message: str) -> list[dict[str, Any]]:
        """O4: the ends of a message's steps."""
        paths = []
        try:
            with os.scandir(self._storage / "part" / message) as entries:
                paths = sorted(entry.path for entry in entries if entry.stat().st_size <= LARGEST_STEP)
        except OSError:
            return []
        documents = [document_of(_content(path, LARGEST_STEP)) for path in paths]
        return [document for document in documents if document and document.get("type") == "step-finish"]

    def _session(self, path: str) -> Session:
        """What the session's own file says, which lies in the folder of its project."""
        session = os.path.basename(os.path.dirname(path))
        if session not in self._sessions:
            document: dict[str, Any] = {}
            for project in _folders_or_none(self._storage / "session"):
                document = document_of(_content(f"{project.path}/{session}.json", LARGEST_MESSAGE)) or document
            self._sessions[session] = Session(session, document.get("version"), document.get("directory"))
        return self._sessions[session]

    def _is_copy(self, path: str, message: Message) -> bool:
        """O5: whether a fork copied this from another session."""
        identifier = _identifier(path)
        if is_original(identifier, message.created_ms):
            return False
        for other in self._made_at(message.created_ms):
            if os.path.dirname(other) == os.path.dirname(path):
                continue
            same = self._message(other)
            if same is None or same.fingerprint != message.fingerprint:
                continue
            if is_original(_identifier(other), message.created_ms) or _identifier(other) < identifier:
                return True
        return False

    def _made_at(self, created_ms: int) -> list[str]:
        """Files that may hold an original of this moment: by the name, or any whose name does not tell."""
        if self._by_moment is None:
            self._by_moment = {}
            for file in self._every:
                name = _identifier(file.path)
                self._by_moment.setdefault(name[:MADE_AT] if is_own_make(name) else "", []).append(file.path)
        return [*self._by_moment.get(made_at(created_ms), ()), *self._by_moment.get("", ())]

    def _skip(self, reason: str, known: bool) -> None:
        if not known:
            self._skipped[reason] = self._skipped.get(reason, 0) + 1


def _needs_steps(document: dict[str, Any]) -> bool:
    """Whether steps may hold more than the message: not where it failed without having used anything."""
    tokens = document.get("tokens")
    return isinstance(tokens, dict) or document.get("error") is None


def _name(file: _File) -> str:
    return f"{_identifier(file.path)} {file.mtime_ns}"


def _identifier(path: str) -> str:
    return os.path.basename(path).removesuffix(".json")


def _content(path: str, most: int) -> bytes | None:
    """A file's bytes, None where it is gone, closed to us or too large."""
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except OSError:
        return None
    return content if len(content) <= most else None


def _folders(top: Path) -> list[_File]:
    with os.scandir(top) as entries:
        return [_File(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.is_dir()]


def _folders_or_none(top: Path) -> list[_File]:
    try:
        return _folders(top)
    except OSError:
        return []


def _files(folder: str) -> list[_File]:
    """Messages in the folder of a session; one that vanishes while it is listed has none."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".json"):
                    found.append(_File(entry.stat().st_mtime_ns, entry.path))
    except OSError:
        pass
    return found
