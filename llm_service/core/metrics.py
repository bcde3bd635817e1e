"""What `GET /metrics` tells Prometheus: each metric once. Page, documents and the Grafana dashboard are held to it.

Labels are bounded: columns, threads, queues, tools, budgets, watched servers and at most `MODELS` models, never a
task, path or session.
"""

from __future__ import annotations

from typing import NamedTuple

MODELS = 50
"""Models with a label of their own, the most used; the rest is ``other``."""
OTHER = "other"


class Metric(NamedTuple):
    """`kind` is gauge, counter or histogram; a counter's name ends in ``_total``."""

    name: str
    kind: str
    about: str
    labels: tuple[str, ...] = ()


class Sample(NamedTuple):
    """One value of a metric; `labels` in the metric's order."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


class Buckets(NamedTuple):
    """The values of a histogram: upper bounds in the metric's unit with cumulative counts, and the sum."""

    name: str
    counts: tuple[tuple[float, float], ...]
    total: float


METRICS = (
    Metric("llm_service_info", "gauge", "Always 1; the label says the version.", ("version",)),
    Metric("llm_service_tasks", "gauge", "Tasks in a column of the board.", ("column",)),
    Metric("llm_service_problem_files", "gauge", "Files of the board that cannot be read."),
    Metric("llm_service_ready", "gauge", "1 while the board is true and everything runs."),
    Metric("llm_service_watcher_alive", "gauge", "1 while the folder is watched or polled."),
    Metric("llm_service_watcher_scan_age_seconds", "gauge", "Seconds since the whole folder was last looked at."),
    Metric("llm_service_watcher_missed_total", "counter", "Changes that the watcher missed and a look found."),
    Metric("llm_service_watcher_overflows_total", "counter", "Times that the kernel's queue of changes overflowed."),
    Metric("llm_service_clients", "gauge", "Open live connections."),
    Metric("llm_service_clients_lost_total", "counter", "Live connections that did not read and were let go of."),
    Metric("llm_service_queue_depth", "gauge", "Items that wait in a queue of the server.", ("queue",)),
    Metric("llm_service_thread_alive", "gauge", "1 while a background thread runs.", ("thread",)),
    Metric("llm_service_thread_failures_total", "counter", "Steps of a thread that failed.", ("thread",)),
    Metric("llm_service_invocations_total", "counter", "Calls of a model.", ("model",)),
    Metric("llm_service_invocation_errors_total", "counter", "Calls that ended in an error or a timeout.", ("model",)),
    Metric(
        "llm_service_tokens_total",
        "counter",
        "Tokens by kind: input, output, cache_read, cache_write. Reasoning is part of output.",
        ("model", "kind"),
    ),
    Metric("llm_service_cost_usd_total", "counter", "US dollars; unpriced calls are not in it.", ("model",)),
    Metric("llm_service_unpriced_invocations_total", "counter", "Calls of models without a price.", ("model",)),
    Metric("llm_service_invocation_latency_seconds", "histogram", "How long calls took, where that is known."),
    Metric("llm_service_telemetry_dropped_total", "counter", "Rows and notes that could not be kept."),
    Metric("llm_service_telemetry_refused_total", "counter", "Rows refused for what a field holds.", ("field",)),
    Metric("llm_service_source_up", "gauge", "1 while an agent's logs are found and read.", ("tool",)),
    Metric("llm_service_source_skipped_total", "counter", "Lines of an agent's logs that were skipped.", ("tool",)),
    Metric("llm_service_budget_used_ratio", "gauge", "Used part of a budget in its period; 1 is all.", ("budget",)),
    Metric("llm_service_upstream_up", "gauge", "1 while a watched server answers.", ("source",)),
    Metric("llm_service_upstream_failing", "gauge", "Things asked of a watched server that fail now.", ("source",)),
    Metric(
        "llm_service_upstream_streams",
        "gauge",
        "Event streams of a watched server by state: open, connecting, backing_off.",
        ("source", "state"),
    ),
    Metric(
        "llm_service_upstream_events_total",
        "counter",
        "Events of streams since the start: all, and of these unknown and broken ones.",
        ("source", "kind"),
    ),
)
"""In the order of the page."""
