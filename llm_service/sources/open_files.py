"""Files in a writer's hands: which of them may be read now, and which take so long that it is worth showing."""

from __future__ import annotations

import stat
import sys
import time
from collections.abc import Mapping

from llm_service.core.tasks import FileStamp
from llm_service.sources.filedoor import FileDoor
from llm_service.sources.writers import has_writer

ASKED_S = 0.03
"""So long after the last touch the kernel is asked whether a writer is left: `ln` and `truncate` never close."""
STILL_S = 5.0 if sys.platform.startswith("linux") else 0.3
"""A file that stood still this long is read though somebody has it open, or nobody can tell whether.

Elsewhere than on Linux no `closed` comes and no lease can be asked for, so this is how every save in place ends.
"""
MOST_ASKED = 1_000
SHOWN_S = 0.4
"""A write quicker than this is not shown as being written: the card would only blink."""


class OpenFiles:
    """Remembers since when each open file stands still."""

    def __init__(self, door: FileDoor) -> None:
        self._door = door
        self._still: dict[str, tuple[FileStamp, float]] = {}

    def look(self, writers: Mapping[str, float], now_s: float) -> tuple[list[str], list[tuple[str, FileStamp]]]:
        """Sort `writers` (path to monotonic time of the last touch): what may be read, and what is to be shown."""
        self._still = {path: still for path, still in self._still.items() if path in writers}
        readable: list[str] = []
        slow: list[tuple[str, FileStamp]] = []
        for path, touched_s in writers.items():
            if now_s - touched_s < ASKED_S:
                continue
            stamp = self._door.stamp(path)
            if stamp is None or self._may_be_read(path, stamp, now_s):
                readable.append(path)
            elif now_s - touched_s >= SHOWN_S:
                slow.append((path, stamp))
        return readable, slow

    def written_now(self, found: Mapping[str, FileStamp]) -> list[str]:
        """Those that somebody has open for writing, though nobody told: their folder was not watched yet.

        Asked only of files that changed a moment ago, and not of very many.
        """
        since_ns = time.time_ns() - int(STILL_S * 1e9)
        fresh = [path for path, stamp in found.items() if max(stamp.mtime_ns, stamp.ctime_ns) > since_ns]
        if len(fresh) > MOST_ASKED:
            return []
        return [path for path in fresh if stat.S_ISREG(found[path].kind) and has_writer(self._door.root / path)]

    def _may_be_read(self, path: str, stamp: FileStamp, now_s: float) -> bool:
        # Nobody closes a link, a pipe or a device, so there is nothing to wait for.
        if not stat.S_ISREG(stamp.kind) or has_writer(self._door.root / path) is False:
            return True
        before, since_s = self._still.setdefault(path, (stamp, now_s))
        if stamp != before:
            self._still[path] = (stamp, now_s)
            return False
        return now_s - since_s >= STILL_S
