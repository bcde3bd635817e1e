"""What a running dashboard tells Prometheus of itself, and with it what telemetry measures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llm_service import __version__
from llm_service.core.metrics import Buckets, Sample

if TYPE_CHECKING:
    from llm_service.runtime import Runtime


def measure(runtime: Runtime) -> Iterator[Sample | Buckets]:
    """All samples, read at this moment."""
    ready = runtime.readiness()
    watcher = ready["watcher"]
    counts = runtime.hub.ask(lambda state: state.board.counts())
    yield Sample("llm_service_info", 1, (__version__,))
    for column in ("inbox", "assigned", "done"):
        yield Sample("llm_service_tasks", counts[column], (column,))  # type: ignore[literal-required]
    yield Sample("llm_service_problem_files", counts["problems"])
    yield Sample("llm_service_ready", ready["ready"])
    yield Sample("llm_service_watcher_alive", watcher["alive"])
    if watcher["last_scan_age_s"] is not None:
        yield Sample("llm_service_watcher_scan_age_seconds", watcher["last_scan_age_s"])
    yield Sample("llm_service_watcher_missed_total", watcher["missed"])
    yield Sample("llm_service_watcher_overflows_total", watcher["overflows"])
    yield Sample("llm_service_clients", ready["clients"])
    yield Sample("llm_service_clients_lost_total", ready["clients_lost"])
    yield Sample("llm_service_queue_depth", runtime.hub.waiting, ("hub",))
    for thread in ready["threads"]:
        yield Sample("llm_service_thread_alive", thread["alive"], (thread["name"],))
        yield Sample("llm_service_thread_failures_total", thread["failures"], (thread["name"],))
    yield from runtime.telemetry.samples()
    yield from runtime.upstreams.samples()
