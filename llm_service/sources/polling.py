"""Without a watcher nobody says when a writer is done: a file is read when one poll saw it unchanged."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from llm_service.core.tasks import FileStamp


class Polls:
    """Remembers the stamps of the poll before."""

    def __init__(self) -> None:
        self._last: dict[str, FileStamp] = {}

    def settled(
        self, found: Mapping[str, FileStamp], changed: set[str], gone: Collection[str], known: Mapping[str, FileStamp]
    ) -> set[str]:
        """Which of the `changed` files may be read: those that stand still, and those that only moved.

        A file that moved was complete before it moved.
        """
        departed = {_same_bytes(known[path]) for path in gone}
        quiet = {
            path for path in changed if _same_bytes(found[path]) in departed or self._last.get(path) == found[path]
        }
        self._last = {path: found[path] for path in changed - quiet}
        return quiet


def _same_bytes(stamp: FileStamp) -> tuple[int, int, int, int]:
    """What stays of a stamp when a file is renamed; ctime does not."""
    return (stamp.dev, stamp.ino, stamp.size, stamp.mtime_ns)
