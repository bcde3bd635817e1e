"""The dashboard and the page about metrics name what is exported, and all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from llm_service.core.metrics import METRICS

DOCS = Path(__file__).resolve().parent.parent / "docs"
DASHBOARD = json.loads((DOCS / "grafana/llm-service.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def exported() -> set[str]:
    names = {metric.name for metric in METRICS}
    histograms = {metric.name for metric in METRICS if metric.kind == "histogram"}
    return names | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}


def test_every_query_names_a_metric_that_is_exported() -> None:
    asked = [re.findall(r"llm_service_\w+", query) for query in QUERIES]
    assert all(asked)
    assert {name for names in asked for name in names} <= exported()


def test_every_label_a_query_groups_by_is_one_of_its_metric() -> None:
    labels = {metric.name: metric.labels for metric in METRICS}
    for query in QUERIES:
        for label in re.findall(r"by \((\w+)\)", query):
            (name,) = re.findall(r"llm_service_\w+", query)
            assert label == "le" or label in labels[name], query


def test_the_page_lists_every_metric_with_type_and_labels() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]*?) \| (.+) \|$", (DOCS / "prometheus.md").read_text(), re.M)
    assert rows == [(metric.name, metric.kind, ", ".join(metric.labels), metric.about) for metric in METRICS]
