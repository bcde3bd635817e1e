"""The thread `agent-logs`: looks through the logs at the start, then reads on whenever one of them grows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from llm_service.background import Background
from llm_service.core.agentlogs.shapes import LogSourceJson
from llm_service.errors import TelemetryUnavailable
from llm_service.sources.agentlogs.child import Child
from llm_service.sources.agentlogs.log_watch import LogWatch
from llm_service.sources.agentlogs.passes import Keeper, Passes, Place, Reading
from llm_service.sources.agentlogs.sources_report import Trouble, report
from llm_service.sources.agentlogs.turn import Busy, Turn

log = logging.getLogger(__name__)

RESCAN_S = 30.0
POLL_S = 3.0
NOTICE_S = 3.0
"""How soon a root that was not there is noticed."""
SETTLE_S = 0.05
PAUSE_S = 1.0
"""Between two readings: many files that grow are read together, which costs a fraction of reading each at once."""
NEW_FOLDER_S = 1.0
BUSY_S = 2.0
AGAIN_S = (2.0, 5.0, 15.0, 60.0)
"""Pauses after a failure, the last one for ever."""


class AgentLogs(Background):
    """Follows all logs of `place` into the recorder until it is stopped."""

    def __init__(
        self,
        place: Place,
        reading: Reading,
        keeper: Keeper,
        state_dir: Path,
        now_ms: Callable[[], int],
        rescan_s: float = RESCAN_S,
    ) -> None:
        super().__init__("agent-logs")
        self._place = place
        self._child = Child()
        self._passes = Passes(place, reading, keeper, Turn(state_dir), now_ms, self._child.read)
        self._watch = LogWatch()
        self._rescan_s = rescan_s
        self._looking = True
        self._trouble = ""
        self._last_s = 0.0

    @property
    def child_pid(self) -> int | None:
        """The importing process, while there is one."""
        return self._child.pid

    def stop(self, deadline_s: float = 1.5) -> None:
        """End the import and the watch. What was read and not recorded is read again at the next start."""
        super().stop(deadline_s)
        self._watch.stop()

    def _wake_up(self) -> None:
        self._child.stop()
        self._watch.heard.wake.set()

    def sources(self) -> list[LogSourceJson]:
        """How each root stands, for the page."""
        return report(self._passes, Trouble(self._trouble, self._watch.polling, self._looking))

    def _run(self) -> None:
        due_s, tries = 0.0, 0
        while not self._stopping.is_set():
            try:
                # The watch before the look: what is written in between is heard.
                news = self._watch.arm([(root.path, root.tool.listed is None) for root in self._passes.roots()])
                if news or time.monotonic() >= due_s:
                    self._look_through()
                    due_s = time.monotonic() + (POLL_S if self._watch.polling else self._rescan_s)
                elif self._watch.heard.wake.is_set():
                    due_s = self._look_at_heard(due_s)
                self._trouble, tries = "", 0
            except Busy:
                due_s = time.monotonic() + BUSY_S
            except Exception as error:  # noqa: BLE001 - the thread must live; it is counted, logged and shown
                due_s = time.monotonic() + self._failed(error, tries)
                tries += 1
            self._wait(due_s)

    def _look_through(self) -> None:
        self._watch.heard.take()
        self._looking = True
        self._passes.look_through()
        self._looking = False

    def _look_at_heard(self, due_s: float) -> float:
        """Read what changed; gives when everything is to be looked at, at once where too much changed."""
        paths = self._watch.heard.take()
        if paths is None:
            return 0.0
        if paths:
            self._passes.look_at(paths)
            self._last_s = time.monotonic()
            if any(path.is_dir() for path in paths):
                # What is written into a folder before the watch on it is there is not heard.
                return min(due_s, self._last_s + NEW_FOLDER_S)
        return due_s

    def _failed(self, error: Exception, tries: int) -> float:
        if self._stopping.is_set():
            return 0.0
        self.failures += 1
        self._trouble = str(error)
        wait_s = AGAIN_S[min(tries, len(AGAIN_S) - 1)]
        if isinstance(error, (TelemetryUnavailable, OSError)):
            log.warning("agents' logs: %s; reading goes on in %g s", error, wait_s)
        else:
            log.exception("agents' logs: reading failed, it is tried again in %g s", wait_s)
        return wait_s

    def _wait(self, due_s: float) -> None:
        if self._trouble:
            # What is heard meanwhile is read then; trying at once would fail at once.
            self._stopping.wait(max(0.0, due_s - time.monotonic()))
            return
        if self._watch.heard.wake.wait(max(0.0, min(due_s - time.monotonic(), NOTICE_S))):
            self._stopping.wait(max(SETTLE_S, self._last_s + PAUSE_S - time.monotonic()))
