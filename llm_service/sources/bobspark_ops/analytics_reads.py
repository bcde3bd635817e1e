"""Reads what the analytics page needs: each server's own analytics, its newest runs, and the kept ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from llm_service.clients.errors import BadAnswer, NotThere
from llm_service.core.bobspark.run_rows import run_rows
from llm_service.core.bobspark_ops.analytics_answer import ServerAnalytics, server_analytics
from llm_service.core.bobspark_ops.listed_figures import joined, listed_figures
from llm_service.core.operations.analytics import SourceFigures, analytics
from llm_service.core.operations.analytics_shapes import Analytics
from llm_service.core.runs.analytics import RangeName, range_start_ms
from llm_service.core.runs.figures import RunFigures
from llm_service.core.zones import Zone
from llm_service.errors import LlmServiceError
from llm_service.sources.bobspark_ops.remembered import FAILED_S, Remembered
from llm_service.sources.bobspark_ops.site import KeptRuns, Site, ahead_s, site_of
from llm_service.sources.bobspark_ops.together import Outcome, at_once, troubles

log = logging.getLogger(__name__)

GOOD_S = 30.0
LISTED = 500
"""Runs that are asked for: as many as the servers' own pages do."""


class AnalyticsReads:
    """`GET /api/analytics`. Safe on any thread."""

    def __init__(
        self,
        sites: Mapping[str, Site],
        runs: KeptRuns,
        remembered: Remembered,
        *,
        zone: Zone,
        now_ms: Callable[[], int],
    ) -> None:
        self._sites = sites
        self._runs = runs
        self._remembered = remembered
        self._zone = zone
        self._now_ms = now_ms

    def page(self, name: RangeName, source: str | None) -> Analytics:
        """The page of a range, of one server or of all together; what could not be read is among its troubles."""
        key = ("analytics", name, source)
        return self._remembered.get(key, _good_s, lambda: self._read(name, source))

    def _read(self, name: RangeName, source: str | None) -> Analytics:
        sites = list(self._sites.values()) if source is None else [site_of(self._sites, source)]
        now_ms, zone = self._now_ms(), self._zone
        from_ms = range_start_ms(name, now_ms, zone)
        # Both at once: a server that does not answer is waited for only once.
        own, listed = at_once(
            {site.name: self._asking_own(site, zone) for site in sites},
            {site.name: self._asking_runs(site, now_ms) for site in sites},
        )
        failed: list[tuple[str, LlmServiceError | None]] = []
        figures = []
        for site in sites:
            failed += [(site.name, _unless_missing(own[site.name])), (site.name, listed[site.name].error)]
            runs = joined(self._kept(site.name, from_ms), listed[site.name].value or ())
            missing = isinstance(own[site.name].error, NotThere)
            figures.append(SourceFigures(site.name, own[site.name].value, missing, runs))
        return analytics(name, source, figures, troubles(failed), now_ms, zone)

    def _asking_own(self, site: Site, zone: Zone) -> Callable[[], ServerAnalytics]:
        def ask() -> ServerAnalytics:
            found = server_analytics(site.client.get("/api/runs/analytics").value, zone)
            if found is None:
                raise BadAnswer(f"{site.name}: GET /api/runs/analytics answered 200 without any figures", 200)
            return found

        return lambda: self._remembered.get(("own analytics", site.name), GOOD_S, ask)

    def _asking_runs(self, site: Site, now_ms: int) -> Callable[[], list[RunFigures]]:
        def ask() -> list[RunFigures]:
            found = run_rows(site.client.get("/api/runs", {"limit": LISTED}).value, ahead_s(site.client))
            if found is None:
                raise BadAnswer(f"{site.name}: GET /api/runs answered 200 without a list of runs", 200)
            return listed_figures(found.rows, site.name, now_ms)

        return lambda: self._remembered.get(("listed runs", site.name), GOOD_S, ask)

    def _kept(self, source: str, from_ms: int) -> Sequence[RunFigures]:
        """Kept runs; without them the page rests on what the server lists, and its `known_from` says so."""
        try:
            return self._runs.figures(source, from_ms)
        except LlmServiceError as error:
            log.debug("kept runs of %s cannot be read: %s", source, error)
            return ()


def _good_s(page: Analytics) -> float:
    """A page on which something is missing is made again as soon as that may be there."""
    return FAILED_S if page["troubles"] else GOOD_S


def _unless_missing(outcome: Outcome[ServerAnalytics]) -> LlmServiceError | None:
    return None if isinstance(outcome.error, NotThere) else outcome.error
