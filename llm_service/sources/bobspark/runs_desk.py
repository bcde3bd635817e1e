"""What is asked about runs from outside: lists, one run, its events, a launch, a cancellation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from llm_service.core.named import Place, named
from llm_service.core.runs.filter import RunFilter, table_row
from llm_service.core.runs.launch_form import read_launch
from llm_service.core.runs.place import RunPlace, decode_run_place, encode_run_place
from llm_service.core.runs.refusals import NoSuchRun
from llm_service.core.runs.shapes import ENDED, Batch, Launched, OneRun, RunCard, RunDetail, RunEvents, RunList
from llm_service.core.times import parse_ms
from llm_service.errors import TelemetryUnavailable
from llm_service.sources.bobspark.batches import Batches
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.bobspark.relay import fleet_now
from llm_service.sources.bobspark.run_watch import RunWatch
from llm_service.sources.bobspark.stored_runs import StoredRuns

log = logging.getLogger(__name__)

DETAIL_EVENTS = 500
_A_PAGE = 500


class RunsDesk:
    """Safe on any thread. `kept` gives the store, None where nothing is kept."""

    def __init__(
        self, runs: LiveRuns, watches: Mapping[str, RunWatch], batches: Batches, kept: Callable[[], StoredRuns | None]
    ) -> None:
        self._runs = runs
        self._watches = watches
        self._batches = batches
        self._kept_or_none = kept

    # -- reading ------------------------------------------------------------------------------------------------

    def listing(self, wanted: RunFilter, before: str, limit: int) -> RunList:
        """Runs, the newest first: kept ones as they stand now where they are live. Raises `BadQuery`."""
        live = {card["key"]: card for card in self._runs.cards()}
        kept = self._kept()
        page: tuple[list[RunCard], str | None] | None = None
        if kept is not None:
            try:
                page = kept.listing(**wanted._asdict(), before=before, limit=limit)
            except TelemetryUnavailable as error:
                log.warning("kept runs cannot be read: %s", error)
        if page is None:
            cards, next_page = _live_page(live, wanted, before, limit)
        else:
            cards, next_page = _merged(page, live, wanted, first=not before)
        return {"runs": cards, "next": next_page, "fleet": fleet_now(self._runs)}

    def detail(self, name: str) -> RunDetail:
        """A run and the first events of its chain. Raises `NoSuchRun`, `SeveralKeys`."""
        card = self._card(name)
        events = self._events(card["key"], 0, DETAIL_EVENTS)
        return {"run": card, "events": events["events"], "next_n": events["next_n"], "complete": events["complete"]}

    def events(self, name: str, after_n: int, limit: int) -> RunEvents:
        """Events of a run after number `after_n`. Raises `NoSuchRun`, `SeveralKeys`."""
        return self._events(self._card(name)["key"], after_n, limit)

    def table(self, wanted: RunFilter, *, ended: bool = False) -> Iterator[Mapping[str, Any]]:
        """All wanted runs as rows of `TABLE`, the newest first; with `ended` none that waits or goes on."""
        before: str | None = ""
        while before is not None:
            page = self.listing(wanted, before, _A_PAGE)
            before = page["next"]
            for card in page["runs"]:
                if not ended or card["status"] in ENDED:
                    yield table_row(card)

    # -- doing --------------------------------------------------------------------------------------------------

    def launch(self, form: object) -> Launched:
        """Judge the whole form, then begin to send. Raises `LaunchRefused`, `TooManyBatches`."""
        return {"batch": self._batches.launch(read_launch(form, tuple(self._watches)))}

    def batch(self, batch_id: str) -> Batch:
        """How a launch stands. Raises `NoSuchRun`."""
        return self._batches.one(batch_id)

    def rest(self, batch_id: str) -> Launched:
        """Send what a launch has left. Raises `NoSuchRun`, `TooManyBatches`."""
        source = self._batches.one(batch_id)["source"]
        if source not in self._watches:
            raise NoSuchRun(f"{source} is not watched any more, so the rest of this batch cannot be started")
        return {"batch": self._batches.rest(batch_id)}

    def cancel(self, name: str) -> OneRun:
        """Ask a run's server to cancel it. Raises `NoSuchRun`, `SeveralKeys`, `ClientError`."""
        card = self._card(name)
        watch = self._watches.get(card["source"])
        if watch is None:
            raise NoSuchRun(
                f"{card['source']} is not watched any more, so its run {card['id'][:80]} cannot be cancelled"
            )
        watch.cancel(card["id"])
        return {"run": self._runs.card(card["key"]) or card}

    # -- inside -------------------------------------------------------------------------------------------------

    def _card(self, name: str) -> RunCard:
        """By key, or by an id as long as only one run has it."""
        places = [Place(self._runs.card, self._runs.keys_of)]
        if (kept := self._kept()) is not None:
            places.append(Place(kept.run, kept.keys_of))
        card = named("run", name, places)
        if card is None:
            raise NoSuchRun(f"there is no run {name[:80]}; GET /api/runs lists those that are known")
        return card

    def _events(self, key: str, after_n: int, limit: int) -> RunEvents:
        found = self._runs.events_after(key, after_n, limit + 1)
        if not found and (kept := self._kept()) is not None:
            told = kept.events(key, after_n, limit)
            # What is not written yet is asked for next, and is in memory.
            told["complete"] = told["complete"] and not self._runs.events_after(key, told["next_n"], 1)
            return told
        complete = found is None or len(found) <= limit
        events = (found or [])[:limit]
        return {
            "key": key,
            "events": events,
            "next_n": events[-1]["n"] if events else after_n,
            "complete": complete,
        }

    def _kept(self) -> StoredRuns | None:
        return self._kept_or_none()


def _merged(
    page: tuple[list[RunCard], str | None], live: Mapping[str, RunCard], wanted: RunFilter, *, first: bool
) -> tuple[list[RunCard], str | None]:
    """A page of kept runs with those that are live as they stand, and with the newest that are not written yet."""
    cards, next_page = page
    keys = {card["key"] for card in cards}
    now = [live.get(card["key"], card) for card in cards]
    found = [card for card in now if card is not live.get(card["key"]) or wanted.fits(card)]
    if first:
        oldest = _place(cards[-1]) if cards and next_page is not None else None
        missing = (card for key, card in live.items() if key not in keys and wanted.fits(card))
        found += [card for card in missing if oldest is None or _place(card) > oldest]
        found.sort(key=_place, reverse=True)
    return found, next_page


def _live_page(
    live: Mapping[str, RunCard], wanted: RunFilter, before: str, limit: int
) -> tuple[list[RunCard], str | None]:
    """A page of the live runs alone, where nothing is kept."""
    after = decode_run_place(before) if before else None
    cards = sorted((card for card in live.values() if wanted.fits(card)), key=_place, reverse=True)
    cards = [card for card in cards if after is None or _place(card) < after]
    return cards[:limit], encode_run_place(_place(cards[limit - 1])) if len(cards) > limit else None


def _place(card: RunCard) -> RunPlace:
    return RunPlace(parse_ms(card["created_at"] or card["started_at"] or "") or 2**61, card["key"])
