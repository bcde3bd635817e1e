"""A watched server as these parts need it, and what they need of the kept history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from llm_service.core.no_such_source import NoSuchSource
from llm_service.core.operations.node_shapes import NodeSample, QueueSample
from llm_service.core.runs.figures import RunCounts, RunFigures

_SKEW_NOISE_S = 2.0
"""A clock that is told in whole seconds is not known better than this."""


class Answer(Protocol):
    """A 2xx: its JSON, and how far the server's clock is ahead of ours."""

    @property
    def value(self) -> Any: ...


class Client(Protocol):
    """What asks one server; `clients.web.Client` is one. All methods raise `ClientError`."""

    @property
    def name(self) -> str: ...
    @property
    def skew_s(self) -> float | None: ...
    def get(self, path: str, params: Mapping[str, str | int | float | None] | None = None) -> Answer: ...
    def post(self, path: str, body: object = None) -> Answer: ...
    def put(self, path: str, body: object = None) -> Answer: ...
    def delete(self, path: str) -> Answer: ...


class Loads(Protocol):
    """Kept samples. Methods that read raise `LlmServiceError` where nothing is kept now."""

    def keep_load(self, node: str, sample: NodeSample) -> None: ...
    def loads(self, node: str, from_ms: int) -> list[NodeSample]: ...
    def keep_depth(self, source: str, sample: QueueSample) -> None: ...
    def depths(self, source: str, from_ms: int) -> list[QueueSample]: ...
    def keep_sizes(self, day: str, examples: Mapping[str, int]) -> None: ...
    def growth(self, source: str) -> dict[str, list[tuple[str, int]]]: ...


class KeptRuns(Protocol):
    """Kept runs; raises as `Loads` does."""

    def figures(self, source: str | None, from_ms: int) -> Sequence[RunFigures]: ...
    def counts(self, source: str, day_start_ms: int) -> RunCounts: ...
    def finished_between(self, source: str, from_ms: int, to_ms: int) -> int: ...


class Site(NamedTuple):
    """One server: its name, who asks it, and how to have something asked sooner than it is due."""

    name: str
    client: Client
    soon: Callable[[str], None]


def ahead_s(client: Client) -> float:
    """By how much this server's clock is to be put back; 0 where that is not known well enough."""
    skew_s = client.skew_s
    return 0.0 if skew_s is None or abs(skew_s) < _SKEW_NOISE_S else skew_s


def site_of(sites: Mapping[str, Site], name: str) -> Site:
    """The server of this name. Raises `NoSuchSource`."""
    found = sites.get(name)
    if found is None:
        known = ", ".join(sites) or "none"
        raise NoSuchSource(f"no BobSpark server named {name[:60]} is watched; watched are: {known}")
    return found
