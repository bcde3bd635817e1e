"""watchdog's inotify observer on its shortest way: only what concerns us, straight to the hints. Linux only."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from watchdog.events import FileSystemEvent
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyFullEmitter, InotifyObserver
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, InotifyFD
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from llm_service.core.paths import is_task_name

PAIRING_S = 0.02
"""How long watchdog holds back everything behind a file moved out of the tree; its own 0.5 s would stall the board."""

_ALWAYS = InotifyConstants.IN_ISDIR | InotifyConstants.IN_MOVED_TO | InotifyConstants.IN_Q_OVERFLOW
"""The end of a move is kept whatever its name is, or its beginning would be held back until nobody waits any more."""
_CONTENT = InotifyConstants.IN_MODIFY | InotifyConstants.IN_CLOSE_WRITE | InotifyConstants.IN_ATTRIB


class StraightObserver(InotifyObserver):
    """Calls `dispatch` on the emitter's own thread, which costs half of what the observer's queue and thread do.

    That is safe because our handler only writes a path down. The emitter is the one with full events: they tell a file
    that was moved in (complete) from one that was created (being written).
    """

    def __init__(
        self, dispatch: Callable[[FileSystemEvent], None], concerns: Callable[[InotifyEvent], bool] | None = None
    ) -> None:
        """`concerns` says which events are worth the way; by default those about tasks."""
        InotifyMoveEventGrouper.delay = PAIRING_S
        self._inotify_fd = _ChosenEvents(concerns or _concerns_tasks)
        self._inotify_fd.start()
        BaseObserver.__init__(self, partial(_Emitter, dispatch=dispatch), inotify_fd=self._inotify_fd)


class _ChosenEvents(InotifyFD):
    """Drops at once what happens to other files: the temporary one of an atomic save is written just before it."""

    def __init__(self, concerns: Callable[[InotifyEvent], bool]) -> None:
        super().__init__()
        self._concerns = concerns

    def read_events(self, **options: Any) -> list[InotifyEvent]:
        return [event for event in super().read_events(**options) if self._concerns(event)]


def _concerns_tasks(event: InotifyEvent) -> bool:
    if event.mask & _ALWAYS or not event.name:
        return True
    # A link in place of a folder is shown, whatever its name is; it has no content that could change.
    return is_task_name(os.fsdecode(event.name)) or not (event.name.startswith(b".") or event.mask & _CONTENT)


class _Emitter(InotifyFullEmitter):
    def __init__(self, *args: Any, dispatch: Callable[[FileSystemEvent], None], **more: Any) -> None:
        super().__init__(*args, **more)
        self._dispatch = dispatch

    def on_thread_stop(self) -> None:
        watches = self._inotify
        try:
            super().on_thread_stop()
        except KeyError:
            # watchdog 7.1 loses count of a folder that went and came back quickly, and stops in the middle of stopping:
            # this thread would wait for its next event for ever.
            watches._move_event_grouper.close()

    def queue_event(self, event: FileSystemEvent) -> None:
        if self._event_filter is None or type(event) in self._event_filter:
            self._dispatch(event)
