"""Files to observations: read through the door, parse unless the same bytes were parsed before."""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from weakref import WeakValueDictionary

from llm_service.core.observations import FileSeen
from llm_service.core.taskfile import read_content
from llm_service.core.tasks import FileState, TaskContent
from llm_service.core.yamltext import Unreadable
from llm_service.sources.filedoor import FileDoor, FileRefused


class Reading(NamedTuple):
    """What a file was found to be, and the digest of its bytes (empty where they were not read).

    `passing` is a trouble of the system's: the file may read well in a moment without having changed.
    """

    seen: FileSeen
    digest: bytes
    passing: bool = False


class Reader:
    """Reads and parses. Bytes parsed before are only hashed: a file that moved, or came back by git."""

    def __init__(self, door: FileDoor) -> None:
        self.door = door
        self._known: WeakValueDictionary[bytes, TaskContent] = WeakValueDictionary()

    def learn(self, digest: bytes, content: TaskContent) -> None:
        """Remember a parse made elsewhere (the cache, a child process) for as long as a card holds it."""
        self._known[digest] = content

    def read(self, path: str) -> Reading | None:
        """What lies at `path`; None where nothing does."""
        got = self.door.read(path)
        if got is None:
            return None
        if isinstance(got, FileRefused):
            return Reading(FileSeen(path, got.stamp, None, FileState.INVALID, got.problem), b"", got.passing)
        if not got.data.strip():
            return Reading(FileSeen(path, got.stamp, None, FileState.SETTLING), b"")
        digest = hashlib.blake2b(got.data, digest_size=16).digest()
        content = self._known.get(digest)
        if content is None:
            try:
                content = read_content(got.data, self.door.max_bytes)
            except Unreadable as error:
                return Reading(FileSeen(path, got.stamp, None, FileState.INVALID, error.problem), digest)
            self._known[digest] = content
        return Reading(FileSeen(path, got.stamp, content), digest)
