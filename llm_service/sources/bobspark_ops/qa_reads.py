"""Reads the feed of questions with answers, which some servers have and others do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain

from llm_service.clients.errors import BadAnswer, NotThere
from llm_service.core.bobspark_ops.qa_rows import qa_rows
from llm_service.core.operations.model_shapes import QaEntry, QaFeed
from llm_service.sources.bobspark_ops.remembered import Remembered
from llm_service.sources.bobspark_ops.site import Site, ahead_s
from llm_service.sources.bobspark_ops.together import together, troubles

PATH = "/api/datagen/monitor/qa"
GOOD_S = 8.0
ASKED = 20


class QaReads:
    """`GET /api/qa`. Safe on any thread."""

    def __init__(self, sites: Mapping[str, Site], remembered: Remembered) -> None:
        self._sites = sites
        self._remembered = remembered

    def page(self, run: str) -> QaFeed:
        """Questions of one run (its key, or its bare id), or the newest of all."""
        name, _, run_id = run.partition(":")
        sites = [self._sites[name]] if name in self._sites and run_id else list(self._sites.values())
        asked = run_id if name in self._sites and run_id else run
        read = together({site.name: self._asking(site, asked) for site in sites})
        missing = [isinstance(outcome.error, NotThere) for outcome in read.values()]
        failed = [(one, out.error) for one, out in read.items() if not isinstance(out.error, NotThere)]
        entries = chain.from_iterable(outcome.value or () for outcome in read.values())
        return {
            "hidden": all(missing),
            "entries": sorted(entries, key=lambda entry: entry["created_at"] or "", reverse=True),
            "troubles": troubles(failed),
        }

    def _asking(self, site: Site, run_id: str) -> Callable[[], list[QaEntry]]:
        def ask() -> list[QaEntry]:
            params = {"limit": ASKED, "run_id": run_id or None}
            found = qa_rows(site.client.get(PATH, params).value, site.name, ahead_s(site.client))
            if found is None:
                raise BadAnswer(f"{site.name}: GET {PATH} answered 200 without a list of questions", 200)
            return found

        return lambda: self._remembered.get(("qa", site.name, run_id), GOOD_S, ask)
