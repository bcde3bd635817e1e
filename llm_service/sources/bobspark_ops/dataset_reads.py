"""Reads datasets and what their slide-out shows, each part failing alone, and keeps how large they were."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

from llm_service.clients.errors import BadAnswer, NotThere
from llm_service.clients.web import segment
from llm_service.core.bobspark_ops.dataset_rows import (
    DatasetRow,
    dataset_examples,
    dataset_provenance,
    dataset_rows,
    dataset_stats,
)
from llm_service.core.operations.node_shapes import Dataset, DatasetPart, Datasets
from llm_service.core.zones import Zone
from llm_service.errors import LlmServiceError
from llm_service.sources.bobspark_ops.remembered import Remembered
from llm_service.sources.bobspark_ops.site import Loads, Site, ahead_s, site_of
from llm_service.sources.bobspark_ops.together import together, troubles

log = logging.getLogger(__name__)

GOOD_S = 30.0
FAMILIES = ("/api/data/datasets", "/api/datasets")
"""Two names of one thing; the first that is there is taken."""
PartName = Literal["stats", "examples", "provenance"]
PARTS: tuple[PartName, ...] = ("stats", "examples", "provenance")
_EXAMPLES_ASKED = 20


class DatasetReads:
    """`GET /api/datasets` and its parts. Safe on any thread."""

    def __init__(
        self,
        sites: Mapping[str, Site],
        loads: Loads,
        remembered: Remembered,
        *,
        zone: Zone,
        now_ms: Callable[[], int],
    ) -> None:
        self._sites = sites
        self._loads = loads
        self._remembered = remembered
        self._zone = zone
        self._now_ms = now_ms

    def page(self) -> Datasets:
        """All datasets of all servers."""
        read = together({name: self._asking(site) for name, site in self._sites.items()})
        found: list[Dataset] = []
        for name, outcome in read.items():
            found += self._with_growth(name, outcome.value or [])
        return {"datasets": found, "troubles": troubles([(name, outcome.error) for name, outcome in read.items()])}

    def part(self, key: str, part: PartName) -> DatasetPart:
        """One part of a dataset. Raises `NoSuchSource`, `ClientError`."""
        source, _, dataset_id = key.partition(":")
        site = site_of(self._sites, source)
        value = self._remembered.get(("dataset", key, part), GOOD_S, lambda: self._read_part(site, dataset_id, part))
        return {
            "key": key,
            "part": part,
            "stats": dataset_stats(value) if part == "stats" else {},
            "examples": dataset_examples(value) if part == "examples" else [],
            "steps": dataset_provenance(value) if part == "provenance" else [],
        }

    def _asking(self, site: Site) -> Callable[[], list[DatasetRow]]:
        return lambda: self._remembered.get(("datasets", site.name), GOOD_S, lambda: self._read(site))

    def _read(self, site: Site) -> list[DatasetRow]:
        rows = dataset_rows(_first_there(site, lambda family: (family, None)), ahead_s(site.client))
        if rows is None:
            raise BadAnswer(f"{site.name}: GET {FAMILIES[0]} answered 200 without a list of datasets", 200)
        today = self._zone.day_of(self._now_ms()).isoformat()
        sizes = {f"{site.name}:{row.id}": row.examples for row in rows if row.examples is not None}
        try:
            self._loads.keep_sizes(today, sizes)
        except LlmServiceError as error:
            log.debug("sizes of datasets are not kept: %s", error)
        return rows

    def _read_part(self, site: Site, dataset_id: str, part: PartName) -> Any:
        params = {"limit": _EXAMPLES_ASKED} if part == "examples" else None
        return _first_there(site, lambda family: (f"{family}/{segment(dataset_id)}/{part}", params))

    def _with_growth(self, source: str, rows: list[DatasetRow]) -> list[Dataset]:
        try:
            growth = self._loads.growth(source) if rows else {}
        except LlmServiceError as error:
            log.debug("the growth of datasets cannot be read: %s", error)
            growth = {}
        today = self._zone.day_of(self._now_ms()).isoformat()
        return [_dataset(source, row, growth.get(f"{source}:{row.id}", []), today) for row in rows]


def _dataset(source: str, row: DatasetRow, kept: list[tuple[str, int]], today: str) -> Dataset:
    # What was just seen may not be written yet.
    now = [] if row.examples is None else [(today, row.examples)]
    return {
        "key": f"{source}:{row.id}",
        "id": row.id,
        "source": source,
        "name": row.name,
        "description": row.description,
        "examples": row.examples,
        "tokens": row.tokens,
        "origin": row.origin,
        "tags": row.tags,
        "created_at": row.created_at,
        "growth": [*(point for point in kept if point[0] != today or not now), *now],
    }


def _first_there(site: Site, address: Callable[[str], tuple[str, Mapping[str, int] | None]]) -> Any:
    """What the first family of addresses that the server has answers. Raises `ClientError`, of the first family."""
    missing: NotThere | None = None
    for family in FAMILIES:
        path, params = address(family)
        try:
            return site.client.get(path, params).value
        except NotThere as error:
            missing = missing or error
    assert missing is not None
    raise missing
