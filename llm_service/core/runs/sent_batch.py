"""A launch of several workers as it stands: what was started, what failed, what is left; and how it is kept.

It is kept before and after each worker is sent. So whoever takes it up after a kill knows of one worker that it may
have been started, and of all others whether they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from llm_service.core.runs.launch_form import Launching
from llm_service.core.runs.shapes import Batch, BatchFailure

_CUT = "this dashboard was stopped before it sent this worker"
_ON_THE_WAY = "this dashboard was stopped while it sent this worker, which may have begun; the list of runs tells"


class SentBatch:
    """Not safe on several threads: whoever owns it has a lock."""

    def __init__(self, launching: Launching, at: str) -> None:
        self.launching = launching
        self.at = at
        self.state = "sending"
        self.started: list[str] = []
        self.failed: list[BatchFailure] = []
        self.left = list(range(1, launching.workers + 1))
        """Workers that were surely not started, by number."""
        self.on_the_way: int | None = None
        """The one that is being sent."""

    def sending(self) -> int:
        """The next worker is about to be sent; its number."""
        self.on_the_way = self.left[0]
        return self.on_the_way

    def began(self, key: str) -> None:
        """The worker on the way was started."""
        self.started.append(key)
        self._through()

    def broke(self, error: str, *, maybe: bool) -> None:
        """The worker on the way was not started; `maybe` where it may have been all the same."""
        self.failed.append({"index": self.on_the_way or self.left[0], "error": error, "maybe": maybe})
        if maybe:
            # Sent again it might be there twice; whoever launched it sees in the list whether it is.
            self._through()
        self.on_the_way = None

    def rested(self) -> None:
        """Nothing more is sent for now."""
        self.state = "stopped" if self.left or self.failed else "done"

    def resumed(self) -> None:
        """What is left is sent now; what failed and surely did not begin is tried again."""
        self.failed = [failure for failure in self.failed if failure["maybe"]]
        self.state = "sending"

    def told(self) -> Batch:
        """As it leaves the house."""
        return {
            "id": self.launching.batch,
            "source": self.launching.source,
            "state": self.state,  # type: ignore[typeddict-item]
            "wanted": self.launching.workers,
            "started": list(self.started),
            "failed": [failure.copy() for failure in self.failed],
            "rest": len(self.left),
            "at": self.at,
        }

    def kept(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        told = {"at": self.at, "state": self.state, "started": list(self.started), "failed": self.told()["failed"]}
        return {"launch": self.launching._asdict(), **told, "left": list(self.left), "on_the_way": self.on_the_way}

    @classmethod
    def taken_up(cls, kept: Mapping[str, Any]) -> SentBatch:
        """What an earlier process kept, and does not send any more."""
        batch = cls(Launching(**kept["launch"]), kept["at"])
        batch.state, batch.started, batch.left = kept["state"], list(kept["started"]), list(kept["left"])
        batch.failed, batch.on_the_way = cast("list[BatchFailure]", list(kept["failed"])), kept["on_the_way"]
        if batch.state == "sending":
            if batch.on_the_way is not None:
                batch.broke(_ON_THE_WAY, maybe=True)
            elif batch.left:
                batch.broke(_CUT, maybe=False)
        elif batch.left and not batch.failed:
            batch.broke(_CUT, maybe=False)
        batch.rested()
        return batch

    def _through(self) -> None:
        self.left.remove(self.on_the_way or self.left[0])
        self.on_the_way = None
