"""Samples in Prometheus' text format. Only imported when somebody scrapes: the client is a megabyte."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from llm_service.core.metrics import METRICS, Buckets, Metric, Sample

Samples = Iterable[Sample | Buckets]


def encoded(samples: Samples, accept: str) -> tuple[bytes, str]:
    """The samples of one scrape and their content type, as the scraper's `Accept` header asks."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(samples))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Once(Collector):
    """The samples of one scrape."""

    def __init__(self, samples: Samples) -> None:
        self._by_name: dict[str, list[Sample | Buckets]] = defaultdict(list)
        for sample in samples:
            self._by_name[sample.name].append(sample)

    def describe(self) -> Iterable[Family]:
        return ()

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            if metric.name in self._by_name:
                yield _family(metric, self._by_name[metric.name])


def _family(metric: Metric, samples: list[Sample | Buckets]) -> Family:
    if metric.kind == "histogram":
        family = HistogramMetricFamily(metric.name, metric.about)
        for sample in samples:
            if isinstance(sample, Buckets):
                counts = [(_bound(le), count) for le, count in sample.counts]
                family.add_metric([], buckets=counts, sum_value=sample.total)
        return family
    make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    plain = make(metric.name.removesuffix("_total"), metric.about, labels=metric.labels)
    for sample in samples:
        if isinstance(sample, Sample):
            plain.add_metric(list(sample.labels), sample.value)
    return plain


def _bound(le: float) -> str:
    return "+Inf" if le == float("inf") else f"{le:g}"
