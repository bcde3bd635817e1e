"""What is known of the files on disk, and the way from a path to a published observation."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Container, Iterable
from itertools import islice
from threading import Event

from llm_service.core.observations import FilesChanged, FileSeen
from llm_service.core.tasks import FileStamp, FileState, Problem
from llm_service.sources import parse_pool
from llm_service.sources.filedoor import FileDoor
from llm_service.sources.parse_cache import ParseCache
from llm_service.sources.reader import Reader, Reading

log = logging.getLogger(__name__)

BATCH = 500
MANY = 150
"""A look that reads more files than this is no editor's save: what cannot be read is shown without a second try."""
BROKEN_RETRY_S = 0.25
"""A file that does not parse is looked at once more after this, in case its writer closes it several times."""
BROKEN_LONGEST_S = 0.7
PASSING_RETRY_S = 1.0
PASSING_SHOWN_S = 5.0
"""A trouble of the system's (no descriptor left, a drive that is away) is shown on the card only if it lasts."""
RACY_NS = 20_000_000
"""A file read this soon after its last change may change again within the same tick of the file system's clock."""


class Intake:
    """Reads paths, remembers stamps and digests, and publishes only what differs from what was published before."""

    def __init__(
        self, door: FileDoor, publish: Callable[[FilesChanged], None], cache: ParseCache | None, stop: Event
    ) -> None:
        self.door = door
        self.known: dict[str, FileStamp] = {}
        self.retry: dict[str, float] = {}
        self._publish = publish
        self._cache = cache
        self._stop = stop
        self._reader = Reader(door)
        self._digests: dict[str, bytes] = {}
        self._racy: set[str] = set()
        self._broken_since: dict[str, float] = {}
        self._shown_writing: set[str] = set()
        self._unsaved: dict[str, Reading | None] = {}
        self._told = 0
        self.between: Callable[[], None] = lambda: None
        """Called between the batches of a first reading, for what must not wait until all are read."""

    def different(self, found: dict[str, FileStamp]) -> set[str]:
        """The paths whose stamp is not the one they were read with."""
        known = self.known
        return {path for path, stamp in found.items() if known.get(path) != stamp}

    def elsewhere(self, stamps: Iterable[FileStamp]) -> list[str]:
        """The known paths of the very files that have these stamps: where they were before, if they moved."""
        files = {(stamp.dev, stamp.ino) for stamp in stamps}
        return [path for path, stamp in self.known.items() if (stamp.dev, stamp.ino) in files] if files else []

    def take_racy(self) -> set[str]:
        """Files whose stamp cannot be trusted to change with the next edit; to be read once more."""
        racy, self._racy = self._racy, set()
        return racy

    def show_writing(self, path: str, stamp: FileStamp) -> None:
        """Show once that this file is in a writer's hands."""
        if path not in self._shown_writing:
            self._shown_writing.add(path)
            self._send([FileSeen(path, stamp, None, FileState.WRITING)], [])

    def forget(self, paths: Iterable[str]) -> None:
        """These paths are gone with everything around them."""
        self._send([], self._drop(paths))

    def begin_again(self) -> None:
        """Forget what was published; the next look publishes everything."""
        for kept in (self.known, self.retry, self._digests, self._broken_since):
            kept.clear()
        self._racy.clear()
        self._shown_writing.clear()

    def read_cached(self, found: dict[str, FileStamp], cached: dict[str, Reading]) -> set[str]:
        """Take in from the cache what did not change since; returns the paths that must be read."""
        fresh = [cached[path] for path, stamp in found.items() if path in cached and cached[path].seen.stamp == stamp]
        for start in range(0, len(fresh), BATCH):
            self._take_in(fresh[start : start + BATCH], loading=True, save=False)
        return found.keys() - {reading.seen.path for reading in fresh}

    def read(self, paths: Collection[str], *, loading: bool = False, final: bool = False) -> int:
        """Read these paths, publish what became of them and return how many differ from what was known.

        `final` shows what cannot be read without another try.
        """
        before = self._told
        final = final or loading or len(paths) > MANY
        left = dict.fromkeys(paths)
        if len(paths) >= parse_pool.WORTH_IT:
            self._read_in_children(left, loading=loading)
        readings: list[Reading] = []
        gone: list[str] = []
        for path in left:
            reading = self._reader.read(path)
            if reading is None:
                gone.append(path)
            else:
                readings.append(reading)
            if loading and len(readings) >= BATCH:
                self._take_in(readings, loading=True)
                readings = []
        self._take_in(readings, gone, loading=loading, final=final)
        return self._told - before

    def read_due(self, writers: Container[str] = ()) -> None:
        """Look again at the files that could not be read and may have been mended since; not while they are written."""
        now_s = time.monotonic()
        due = [path for path, at_s in self.retry.items() if at_s <= now_s]
        for path in due:
            del self.retry[path]
        # What is written again is read when it is closed.
        self.read([path for path in due if path not in writers], final=True)

    def save(self, most: int | None = None) -> bool:
        """Write what was learnt to the cache, at most so many files; whether nothing is left to be written."""
        if self._cache is None:
            self._unsaved.clear()
        if not self._unsaved:
            return True
        some = dict(islice(self._unsaved.items(), most))
        for path in some:
            del self._unsaved[path]
        readings = [reading for reading in some.values() if reading is not None]
        self._cache.save(readings, [path for path, reading in some.items() if reading is None])
        return not self._unsaved

    def drop_from_cache(self, paths: Iterable[str]) -> None:
        """The cache holds these paths and the disk does not."""
        self._unsaved.update(dict.fromkeys(paths))

    def _read_in_children(self, left: dict[str, None], *, loading: bool) -> None:
        """Read in child processes; what they do not manage stays in `left`."""
        readings: list[Reading] = []
        gone: list[str] = []
        try:
            for batch in parse_pool.read_all(self.door.root, self.door.max_bytes, list(left)):
                for path, reading in batch:
                    del left[path]
                    if reading is None:
                        gone.append(path)
                    else:
                        readings.append(reading)
                if loading:
                    self._take_in(readings, gone, loading=True)
                    readings, gone = [], []
                if self._stop.is_set():
                    left.clear()
                    return
        except (OSError, EOFError) as error:
            log.warning("parsing in child processes failed (%s); the rest is read here", error)
        self._take_in(readings, gone, loading=loading)

    def _take_in(
        self,
        readings: list[Reading],
        gone: Iterable[str] = (),
        *,
        loading: bool = False,
        final: bool = True,
        save: bool = True,
    ) -> None:
        now_ns = time.time_ns()
        seen: list[FileSeen] = []
        for reading in readings:
            file, path = reading.seen, reading.seen.path
            # While loading, what is known already was read live meanwhile, and later than this.
            if (loading and path in self.known) or self._is_put_off(reading, final=final):
                continue
            same = self._nothing_new(reading)
            self._remember(reading, now_ns, save=save)
            if not same or path in self._shown_writing:
                self._shown_writing.discard(path)
                seen.append(file)
        self._send(seen, self._drop(gone), loading=loading)
        if loading:
            self.between()

    def _is_put_off(self, reading: Reading, *, final: bool) -> bool:
        """Whether this is not told yet, because it may look better in a moment."""
        path = reading.seen.path
        if reading.passing:
            return self._passes(path)
        if not final and not self._nothing_new(reading) and self._may_be_mended(reading):
            return True
        self.retry.pop(path, None)
        self._broken_since.pop(path, None)
        return False

    def _remember(self, reading: Reading, now_ns: int, *, save: bool) -> None:
        path, stamp = reading.seen.path, reading.seen.stamp
        self.known[path] = stamp
        self._digests[path] = reading.digest
        if reading.seen.content is not None:
            self._reader.learn(reading.digest, reading.seen.content)
        # Not for a time in the future: that file would be read at every look until then.
        if 0 <= now_ns - max(stamp.mtime_ns, stamp.ctime_ns) < RACY_NS:
            self._racy.add(path)
        if save and not reading.passing:
            self._unsaved[path] = reading

    def _nothing_new(self, reading: Reading) -> bool:
        """Same bytes and same mtime: ctime and inode alone change nothing that anybody sees."""
        before, stamp = self.known.get(reading.seen.path), reading.seen.stamp
        return (
            before is not None
            and (before.mtime_ns, before.size, before.kind) == (stamp.mtime_ns, stamp.size, stamp.kind)
            and self._digests.get(reading.seen.path) == reading.digest
        )

    def _may_be_mended(self, reading: Reading) -> bool:
        """Whether a file that does not parse gets a little time before everybody is told; a refused one does not."""
        if reading.seen.state is not FileState.INVALID or not reading.digest:
            return False
        now_s = time.monotonic()
        since_s = self._broken_since.setdefault(reading.seen.path, now_s)
        if now_s - since_s > BROKEN_LONGEST_S:
            return False
        self.retry[reading.seen.path] = now_s + BROKEN_RETRY_S
        return True

    def _passes(self, path: str) -> bool:
        """Whether a trouble that is not the file's is still kept to ourselves; it is tried again while it lasts."""
        now_s = time.monotonic()
        self.retry[path] = now_s + PASSING_RETRY_S
        return now_s - self._broken_since.setdefault(path, now_s) < PASSING_SHOWN_S

    def _drop(self, paths: Iterable[str]) -> list[str]:
        gone = []
        for path in paths:
            was_shown = self.known.pop(path, None) is not None or path in self._shown_writing
            self._digests.pop(path, None)
            self._racy.discard(path)
            self.retry.pop(path, None)
            self._broken_since.pop(path, None)
            self._shown_writing.discard(path)
            if was_shown:
                gone.append(path)
                self._unsaved[path] = None
        return gone

    def _send(self, seen: list[FileSeen], gone: list[str], *, loading: bool = False) -> None:
        if seen or gone:
            self._told += len(seen) + len(gone)
            shown = tuple(_with_a_name_to_show(file) for file in seen)
            self._publish(FilesChanged(shown, tuple(_name_to_show(path) for path in gone), loading))


def _name_to_show(path: str) -> str:
    """A name that is not UTF-8 has no text; its bytes are shown instead."""
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _with_a_name_to_show(file: FileSeen) -> FileSeen:
    shown = _name_to_show(file.path)
    if shown == file.path:
        return file
    problem = Problem("the file name is not UTF-8; rename it", None, None)
    return FileSeen(shown, file.stamp, None, FileState.INVALID, problem)
