"""The task folder as a source: hints and rescans in, `FilesChanged` out.

The directory is the truth and the watcher only a hint: whatever it loses, the next look at the disk finds. Nothing
here ever writes below the root.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from llm_service.core.observations import BoardCondition, Observation
from llm_service.core.tasks import COLUMNS, FileStamp
from llm_service.sources.filedoor import FileDoor
from llm_service.sources.hints import Hints, Taken
from llm_service.sources.intake import Intake
from llm_service.sources.missed import Missed
from llm_service.sources.open_files import ASKED_S, OpenFiles
from llm_service.sources.parse_cache import ParseCache
from llm_service.sources.polling import Polls
from llm_service.sources.root_watch import FolderId, RootWatch
from llm_service.sources.scanning import is_folder_link, scan
from llm_service.sources.storm import Storm
from llm_service.sources.watching import Watch

log = logging.getLogger(__name__)
_JITTER = random.Random()  # noqa: S311 - its own: the program around this one may have seeded the shared one

TICK_S = 0.25
"""Longest sleep: bounds how late a root that was replaced, or a writer that never closes, is noticed."""
POLL_S = 1.0
FOLDER_WEIGHT = 25
"""A folder's hint costs a look at all that is known, so a few new folders are a storm as many files are."""
MISSING_POLL_S = 0.25
AT_ONCE = 20
"""Files that are read in about a millisecond: more at a time would hold up an edit during a look at the whole board."""
SAVE_EVERY_S = 30.0
SAVED_AT_ONCE = 500
SAVE_ON_S = 0.05


class WatchStatus(NamedTuple):
    """How the watching stands; ages in seconds, durations in milliseconds."""

    mode: str
    alive: bool
    last_scan_age_s: float | None
    last_scan_ms: float | None
    files: int
    overflows: int
    missed: int
    scans: int


class TaskFiles:
    """The thread ``task-files``: watches `root` and publishes what is found there. `watch` is auto, native or poll."""

    def __init__(
        self,
        root: Path,
        publish: Callable[[Observation], None],
        *,
        max_bytes: int,
        watch: str = "auto",
        rescan_s: float = 5.0,
        cache: ParseCache | None = None,
        new_watch: Callable[[Path, Hints], Watch] = Watch,
    ) -> None:
        self.root = root
        self.door = FileDoor(root, max_bytes)
        self.hints = Hints(root)
        self.failures = 0
        self._publish = publish
        self._rescan_s = rescan_s
        self._cache = cache
        self._stop = threading.Event()
        self._again = threading.Event()
        self._thread: threading.Thread | None = None
        self._intake = Intake(self.door, publish, cache, self._stop)
        self._intake.between = self._look_at_new_hints
        self._root = RootWatch(root, self.hints, watch, new_watch)
        self._condition: BoardCondition | None = None
        self._loaded = False
        self._open_files = OpenFiles(self.door)
        self._polls = Polls()
        self._storm = Storm(self.hints, self._stop)
        self._next_scan_s = 0.0
        self._next_save_s = time.monotonic() + SAVE_EVERY_S
        self._scanned_s: float | None = None
        self._scan_took_s = 0.0
        self._missed = Missed()
        self._scans = 0

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="task-files", daemon=True)
        self._thread.start()

    def stop(self, deadline_s: float = 3.0) -> None:
        self._stop.set()
        self.hints.wake.set()
        if self._thread is not None:
            self._thread.join(deadline_s)

    def begin_again(self) -> None:
        """Publish everything once more, soon and on this source's own thread: whoever listens has lost it."""
        self._again.set()
        self.hints.wake.set()

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def status(self) -> WatchStatus:
        """A picture of the watching for ``/ready``."""
        waiting = self._condition is not None and self._condition.waiting
        mode = "waiting" if waiting else "poll" if self._root.polling else "native"
        return WatchStatus(
            mode=mode,
            alive=self.alive and (self._root.is_watching or mode != "native"),
            last_scan_age_s=None if self._scanned_s is None else time.monotonic() - self._scanned_s,
            last_scan_ms=None if self._scanned_s is None else self._scan_took_s * 1000,
            files=len(self._intake.known),
            overflows=self.hints.overflows,
            missed=self._missed.count,
            scans=self._scans,
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._step()
            except Exception:
                # Not a single file's failure, those become problem cards: begin again from the disk.
                self.failures += 1
                log.exception("task-files: a look at the folder failed, looking again")
                self._root.leave()
                self._stop.wait(1.0)
        self._root.leave()
        self._intake.save()

    def _step(self) -> None:
        if self._again.is_set():
            self._again.clear()
            self._intake.begin_again()
            self._root.leave()
            self._condition, self._loaded = None, False
        if not self._root_is_armed():
            return
        if time.monotonic() >= self._next_scan_s:
            self._periodic_look()
        self.hints.wake.wait(min(TICK_S, max(0.0, self._next_moment_s() - time.monotonic())))
        if self._stop.is_set():
            return
        taken = self.hints.take()
        if self._storm.is_on(len(taken.files) + len(taken.gone) + FOLDER_WEIGHT * len(taken.folders)):
            self._storm.wait_for_quiet()
            self.hints.take()
            self._look_everywhere()
        elif taken.everything:
            self._look_everywhere()
        else:
            self._look_at_hinted(taken)
        self._look_at_writers()
        self._find_missed()
        self._intake.read_due(self.hints.writers())
        if time.monotonic() >= self._next_save_s:
            # A little at a time, because an edit waits for it. The first time it is the whole board.
            all_saved = self._intake.save(SAVED_AT_ONCE)
            self._next_save_s = time.monotonic() + (SAVE_EVERY_S if all_saved else SAVE_ON_S)

    def _next_moment_s(self) -> float:
        """When something waits for a look even if no hint comes, in monotonic seconds."""
        moments = [self._next_scan_s, self._next_save_s, self._missed.due_s, *self._intake.retry.values()]
        if self.hints.has_writers:
            moments.append(time.monotonic() + ASKED_S)
        return min(moments)

    # -- the root -----------------------------------------------------------------------------------------------

    def _root_is_armed(self) -> bool:
        """Whether the root is there and watched; arms it after it appeared, or appeared anew."""
        folder = self._root.folder()
        if folder is None:
            self._wait_for_root()
            return False
        if self._root.is_on(folder):
            if self._root.polling or self._root.is_watching:
                return True
            # A folder made a moment later may have the same inode as the one that went.
            if self._root.folder() == folder and not self.hints.root_went:
                self.failures += 1
                log.warning("the watcher of %s ended; starting another", self.root)
        return self._arm(folder)

    def _wait_for_root(self) -> None:
        if self._root.is_armed or self._condition is None:
            log.info("waiting for the folder %s", self.root)
            self._root.leave()
            self._intake.forget(list(self._intake.known))
            self._tell_condition(loading=False, waiting=True)
        self._stop.wait(MISSING_POLL_S)

    def _arm(self, folder: FolderId) -> bool:
        """Watch first, look second: what changes in between is then at least hinted at."""
        self._missed.forget()
        if not self._root.arm(folder):
            self._stop.wait(MISSING_POLL_S)
            return False
        self._tell_condition(loading=not self._loaded, waiting=False)
        if self._loaded:
            self._look_everywhere()
        else:
            self._first_look()
        return True

    def _tell_condition(self, *, loading: bool, waiting: bool) -> None:
        condition = BoardCondition(loading, waiting, self._root.degraded)
        if condition != self._condition:
            self._condition = condition
            self._publish(condition)

    # -- looking ------------------------------------------------------------------------------------------------

    def _first_look(self) -> None:
        """Read everything, live columns first, in batches, so that the first cards are there at once."""
        for column in COLUMNS:
            found = self._scan(column.value)
            cached = self._cache.load(column.value) if self._cache else {}
            unread = self._intake.read_cached(found, cached)
            self._intake.read(self._without_open(unread, found), loading=True)
            self._intake.drop_from_cache(cached.keys() - self._intake.known.keys())
        self._loaded = True
        self._next_save_s = time.monotonic()
        self._tell_condition(loading=False, waiting=False)
        self._plan_scan()

    def _look_everywhere(self) -> None:
        """One look over all folders; reads what is new or different."""
        self._settle(self._scan())
        self._plan_scan()

    def _settle(self, found: dict[str, FileStamp]) -> None:
        changed = self._without_open(self._intake.different(found), found)
        self._intake.read([*(self._intake.known.keys() - found.keys()), *changed])

    def _without_open(self, paths: set[str], found: dict[str, FileStamp]) -> set[str]:
        """These paths without what is being written, also where that began before anybody watched."""
        left = paths - self.hints.writers().keys()
        open_now = self._open_files.written_now({path: found[path] for path in left})
        self.hints.expect_close(open_now)
        return left.difference(open_now)

    def _periodic_look(self) -> None:
        """The look that catches what the watcher missed, and notices when it misses too much."""
        found = self._scan(between=self._look_at_new_hints)
        if self._root.polling:
            self._settle_quiet(found)
        else:
            self._suspect(found)
            self._read_again(self._intake.take_racy())
        self._plan_scan()

    def _read_again(self, paths: set[str]) -> None:
        """Read what has hardly changed, a little at a time."""
        left = list(paths - self.hints.writers().keys())
        while left:
            self._intake.read(left[-AT_ONCE:])
            del left[-AT_ONCE:]
            self._look_at_new_hints()

    def _look_at_new_hints(self) -> None:
        """In the middle of a long look: an edit must not wait for its end. What is more than an edit does."""
        if not self.hints.wake.is_set():
            return
        taken = self.hints.take()
        if taken.everything or taken.folders or len(taken.files) + len(taken.gone) > AT_ONCE:
            self.hints.put_back(taken)
        else:
            self._look_at_hinted(taken)

    def _suspect(self, found: dict[str, FileStamp]) -> None:
        known = self._intake.known
        different = self._intake.different(found) | (known.keys() - found.keys())
        self._missed.suspect(different - self.hints.writers().keys() - self._intake.retry.keys(), known)

    def _find_missed(self) -> None:
        """Read what differed at the last look and was not hinted at since."""
        busy = self.hints.writers().keys() | self._intake.retry.keys()
        unhinted = [path for path in self._missed.take_unhinted(self._intake.known) if path not in busy]
        if not unhinted:
            return
        # A stamp may change without a hint and without a difference: the other name of a hard link went away.
        differing = self._intake.read(unhinted)
        self._missed.judge(differing)
        if differing:
            log.warning("the watcher missed %d changes, found by looking", differing)
        if self._missed.too_often and self._root.distrust():
            self._tell_condition(loading=False, waiting=False)

    def _settle_quiet(self, found: dict[str, FileStamp]) -> None:
        """What a poll found different, as far as it may be read."""
        known = self._intake.known
        changed = self._intake.different(found)
        gone = known.keys() - found.keys()
        quiet = self._polls.settled(found, changed, gone, known)
        self._intake.read([*gone, *quiet, *(self._intake.take_racy() - changed)])

    def _look_at_hinted(self, taken: Taken) -> None:
        gone, back = self._gone_and_back(taken.gone)
        self._intake.forget(gone)
        files = dict.fromkeys([*taken.files, *back])
        known = self._intake.known
        files.update(dict.fromkeys(path for path in taken.others if path in known or is_folder_link(self.root / path)))
        for folder in taken.folders:
            found = scan(self.root, folder)
            before = [path for path in known if path.startswith(folder + "/")]
            files.update(dict.fromkeys(before))
            changed = self._without_open(self._intake.different(found), found)
            files.update(dict.fromkeys(changed))
            # A folder made a moment ago is not watched yet, so of a move into it nobody has told where it came from.
            files.update(dict.fromkeys(self._intake.elsewhere(found[path] for path in changed)))
        writers = self.hints.writers()
        self._intake.read([path for path in files if path not in writers])

    def _gone_and_back(self, paths: list[str]) -> tuple[list[str], set[str]]:
        """Which of the paths that went are still gone, and which are there again and not in a new writer's hands."""
        back = {path: stamp for path in paths if (stamp := self.door.stamp(path)) is not None}
        return [path for path in paths if path not in back], self._without_open(set(back), back)

    def _look_at_writers(self) -> None:
        """Files in a writer's hands: read when the writer let go, shown as being written when it takes its time."""
        if not self.hints.has_writers:
            return
        readable, slow = self._open_files.look(self.hints.writers(), time.monotonic())
        for path in readable:
            self.hints.release(path)
        if readable:
            # A file moved into a folder that was not watched yet looks like one being made there.
            new = [self.door.stamp(path) for path in readable if path not in self._intake.known]
            self._intake.read([*readable, *self._intake.elsewhere(stamp for stamp in new if stamp)])
        for path, stamp in slow:
            self._intake.show_writing(path, stamp)

    # -- bookkeeping --------------------------------------------------------------------------------------------

    def _scan(self, below: str = "", between: Callable[[], None] | None = None) -> dict[str, FileStamp]:
        began_s = time.monotonic()
        found = scan(self.root, below, between)
        self._scanned_s = time.monotonic()
        self._scan_took_s = self._scanned_s - began_s
        if not below:
            self._scans += 1
        return found

    def _plan_scan(self) -> None:
        # Jittered, so that several boards on one disk do not look at the same moment.
        shortest_s = POLL_S if self._root.polling else self._rescan_s
        every_s = max(shortest_s, 20 * self._scan_took_s)
        self._next_scan_s = time.monotonic() + every_s * _JITTER.uniform(0.9, 1.1)
