"""The REST routes of prices: what a model costs and why, and pricing again."""

from __future__ import annotations

from llm_service.core.pricing import shapes as price_shapes
from llm_service.core.route import Param, Route

PRICE_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/telemetry/prices",
        price_shapes.PricesPage,
        "What the recorded models cost, where each price comes from, and which models have none.",
        (
            Param("model", "a model to look up besides, as a tool would write it"),
            Param("provider", "the provider it is recorded with"),
        ),
        errors=(400, 503),
    ),
    Route(
        "POST",
        "/api/telemetry/reprice",
        price_shapes.Repriced,
        "Price again, at the present prices, what we estimated ourselves; costs that a source reported never change.",
        errors=(400, 413, 503),
        body=price_shapes.RepriceBody,
    ),
)
