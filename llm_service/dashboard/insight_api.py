"""The REST routes of what is read from watched servers on demand: analytics, datasets, models, questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, cast

from flask import Blueprint, request

from llm_service.core.operations.analytics_shapes import Analytics
from llm_service.core.operations.model_shapes import Models, QaFeed
from llm_service.core.operations.node_shapes import DatasetPart, Datasets
from llm_service.core.runs.analytics import RANGES, RangeName
from llm_service.dashboard.query_args import one_of
from llm_service.dashboard.upstream_refusal import refuse
from llm_service.dashboard.whole_keys import keyed_routes

PartName = Literal["stats", "examples", "provenance"]
MOST_TEXT = 400


class AnalyticsPages(Protocol):
    """Raises `NoSuchSource`."""

    def page(self, name: RangeName, source: str | None) -> Analytics: ...


class DatasetPages(Protocol):
    """`part` raises `NoSuchSource` and `ClientError`."""

    def page(self) -> Datasets: ...
    def part(self, key: str, part: PartName) -> DatasetPart: ...


class ModelPages(Protocol):
    """What the route of models asks."""

    def page(self) -> Models: ...


class QaPages(Protocol):
    """What the route of questions asks."""

    def page(self, run: str) -> QaFeed: ...


class Insight(Protocol):
    """What is read of watched servers."""

    @property
    def analytics(self) -> AnalyticsPages: ...
    @property
    def datasets(self) -> DatasetPages: ...
    @property
    def models(self) -> ModelPages: ...
    @property
    def qa(self) -> QaPages: ...


def blueprint(insight: Callable[[], Insight]) -> Blueprint:
    """The routes; `insight` is called when one of them is first asked."""
    routes = keyed_routes("insight", __name__)

    @routes.get("/api/analytics")
    def analytics() -> Analytics:
        name = cast(RangeName, one_of(request.args, "range", list(RANGES), "7d"))
        return insight().analytics.page(name, request.args.get("source") or None)

    @routes.get("/api/datasets")
    def datasets() -> Datasets:
        return insight().datasets.page()

    @routes.get("/api/datasets/<key:key>/stats")
    def stats(key: str) -> DatasetPart:
        return insight().datasets.part(key, "stats")

    @routes.get("/api/datasets/<key:key>/examples")
    def examples(key: str) -> DatasetPart:
        return insight().datasets.part(key, "examples")

    @routes.get("/api/datasets/<key:key>/provenance")
    def provenance(key: str) -> DatasetPart:
        return insight().datasets.part(key, "provenance")

    @routes.get("/api/models")
    def models() -> Models:
        return insight().models.page()

    @routes.get("/api/qa")
    def qa() -> QaFeed:
        return insight().qa.page(request.args.get("run", "")[:MOST_TEXT])

    refuse(routes)
    return routes
