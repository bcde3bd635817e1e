"""What leaves the house after a command to a coordinator."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class CancelWanted(TypedDict):
    """What `POST /api/queue/cancel` takes: `keys` of runs, else all that wait, of one `source` or of all."""

    keys: NotRequired[list[str]]
    source: NotRequired[str]


class Cancelled(TypedDict):
    """What became of one run; `error` is the server's own reason where it refused."""

    key: str
    ok: bool
    error: str | None


class CancelAnswer(TypedDict):
    """Each run that was to be cancelled, in the order of asking; they are asked one by one, 100 ms apart."""

    results: list[Cancelled]
    cancelled: int
    failed: int


class NodeWanted(TypedDict):
    """What `POST /api/coordinator/<source>/add-node` takes: the machine, and the job that it shall help."""

    node: str
    job: str


class CommandDone(TypedDict):
    """A command that the server took; `text` says so in a sentence."""

    ok: bool
    source: str
    text: str
