"""What people ask of training jobs: lists, one job, adapters, start, cancel, advance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from llm_service.clients.errors import ClientError, Conflict, NotThere, Refused
from llm_service.clients.web import segment
from llm_service.core.named import Place, named
from llm_service.core.training import adapters, job_place
from llm_service.core.training.refusals import (
    HasEnded,
    NoSuchJob,
    NotOffered,
    ServerRefused,
    ServerSilent,
)
from llm_service.core.training.reports import ENDED, Report
from llm_service.core.training.shapes import Adapter, Adapters, JobCard, JobList
from llm_service.core.training.starts import read_start
from llm_service.errors import TelemetryUnavailable
from llm_service.sources.bobspark_ops.together import together, troubles
from llm_service.sources.training.job_board import JobBoard
from llm_service.sources.training.starting import Starting


class Site(NamedTuple):
    """A watched server: who speaks with it, which kind it is, and how to have its jobs asked for at once."""

    client: Any
    kind: str
    ask_soon: Callable[[str], None]


class JobFilter(NamedTuple):
    """What is asked of a list; None asks for all."""

    source: str | None = None
    kind: str | None = None
    status: str | None = None


class Archive(Protocol):
    """Kept jobs and adapters. What reads raises `TelemetryUnavailable` where nothing is kept."""

    def job(self, key: str) -> JobCard | None: ...
    def keys_of(self, bare_id: str) -> list[str]: ...
    def page(self, wanted: Any, before: tuple[int, str] | None, limit: int) -> list[tuple[JobCard, int]]: ...
    def keep_adapters(self, adapters: Sequence[Adapter]) -> None: ...
    def adapters(self) -> list[Adapter]: ...


class Desk:
    """Safe on any thread. Methods raise the errors of `core.training.refusals`."""

    def __init__(self, board: JobBoard, archive: Archive, starting: Starting, sites: Mapping[str, Site]) -> None:
        self._board = board
        self._archive = archive
        self._starting = starting
        self._sites = sites

    # -- reading ------------------------------------------------------------------------------------------------

    def listing(self, source: str | None, kind: str | None, status: str | None, before: str, limit: int) -> JobList:
        """Jobs, newest first: those known now, and those that are kept."""
        wanted = JobFilter(source, kind, status)
        place = job_place.decode(before)
        found = {card["key"]: (card, at_ms) for card, at_ms in self._kept_page(wanted, place, limit + 1)}
        for card, at_ms in self._board.cards():
            found.pop(card["key"], None)
            if _matches(card, wanted) and (place is None or (at_ms, card["key"]) < place):
                found[card["key"]] = (card, at_ms)
        ordered = sorted(found.values(), key=lambda pair: (pair[1], pair[0]["key"]), reverse=True)
        page = ordered[:limit]
        more = len(ordered) > limit
        return {
            "jobs": [card for card, _ in page],
            "next": job_place.encode(page[-1][1], page[-1][0]["key"]) if more and page else None,
        }

    def _kept_page(self, wanted: JobFilter, place: tuple[int, str] | None, limit: int) -> list[tuple[JobCard, int]]:
        try:
            return self._archive.page(wanted, place, limit)
        except TelemetryUnavailable:
            # Without a database what is known now is all there is.
            return []

    def job(self, key_or_id: str) -> JobCard:
        """One job by its key, or by its id while only one has it."""
        places = [Place(self._board.card, self._board.keys_of), Place(self._kept, self._kept_keys)]
        card = named("training job", key_or_id, places)
        if card is None:
            raise NoSuchJob(f"no training job {key_or_id[:80]} is known")
        return card

    def _kept(self, key: str) -> JobCard | None:
        try:
            return self._archive.job(key)
        except TelemetryUnavailable:
            return None

    def _kept_keys(self, bare_id: str) -> list[str]:
        try:
            return self._archive.keys_of(bare_id)
        except TelemetryUnavailable:
            return []

    # -- adapters -----------------------------------------------------------------------------------------------

    def adapters(self) -> Adapters:
        """All finished adapters: every server is asked now; of those that do not answer, what they told before."""
        asked = together({name: partial(self._ask_adapters, name, site) for name, site in dict(self._sites).items()})
        told = [one for outcome in asked.values() for one in outcome.value or ()]
        failed = troubles([(source, outcome.error) for source, outcome in asked.items()])
        kept: list[Adapter] = []
        known = {card["key"] for card, _ in self._board.cards()}
        made = [one for card, _ in self._board.cards() if (one := adapters.adapter_of(card)) is not None]
        try:
            if told:
                self._archive.keep_adapters(told)
            kept = self._archive.adapters()
            rows = self._archive.page(JobFilter(status="completed"), None, 500)
            made = [*(one for card, _ in rows if (one := adapters.adapter_of(card)) is not None), *made]
        except TelemetryUnavailable:
            pass  # nothing is kept; what was told just now is all
        fresh = {one["key"] for one in told}
        answered = {source for source, outcome in asked.items() if outcome.error is None}
        earlier = [one for one in kept if one["key"] not in fresh and one["source"] not in answered]
        return {"adapters": adapters.merged([*told, *earlier], made, known), "troubles": failed}

    def _ask_adapters(self, source: str, site: Site) -> list[Adapter]:
        if site.kind != "skill-training":
            try:
                return adapters.finetune_history(source, site.client.get("/api/reports/finetune-history").value)
            except NotThere:
                return []
        try:
            return adapters.skill_adapters(source, site.client.get("/api/training/adapters").value)
        except NotThere:
            try:
                return adapters.skill_adapters(source, site.client.get("/api/trained-adapters").value)
            except NotThere:
                return []

    # -- doing --------------------------------------------------------------------------------------------------

    def start(self, body: Mapping[str, Any]) -> JobCard:
        """Start a job, checked first and sent once."""
        return self._starting.start(read_start(body))

    def cancel(self, key_or_id: str) -> JobCard:
        """Have a job's server end it, where it can."""
        card, site = self._open_job(key_or_id)
        if card["kind"] == "pipeline":
            self._send(lambda: site.client.post(f"/api/pipeline/{segment(card['id'])}/cancel"))
        elif process := _process_of(card):
            self._send(lambda: site.client.delete(f"/api/jobs/{segment(process)}"))
        else:
            raise NotOffered(
                f"{card['source']} has no way to end this job: skill trainings cannot be ended, and fine-tunes only"
                " while the server lists their process"
            )
        self._board.hear(card["source"], [Report(card["kind"], card["id"], {"status": "cancelled"})])
        self._ask_soon(card, site)
        return self._board.card(card["key"]) or card

    def advance(self, key_or_id: str, step: str) -> JobCard:
        """Have a pipeline that waits go on with a step."""
        card, site = self._open_job(key_or_id)
        if card["kind"] != "pipeline":
            raise NotOffered("only pipelines have steps to go on with")
        self._send(lambda: site.client.post(f"/api/pipeline/{segment(card['id'])}/advance", {"step": step}))
        self._ask_soon(card, site)
        return self._board.card(card["key"]) or card

    def _open_job(self, key_or_id: str) -> tuple[JobCard, Site]:
        card = self.job(key_or_id)
        site = self._sites.get(card["source"])
        if site is None:
            raise NotOffered(f"{card['source']} is not watched any more")
        if card["status"] in ENDED:
            raise HasEnded(f"this job has ended already: {card['status']}")
        return card, site

    def _send(self, ask: Callable[[], object]) -> None:
        try:
            ask()
        except (NotThere, Conflict, Refused) as error:
            raise ServerRefused(error.sentence) from error
        except ClientError as error:
            raise ServerSilent(error.sentence) from error

    def _ask_soon(self, card: JobCard, site: Site) -> None:
        site.ask_soon(
            {"pipeline": "pipelines", "skill": "skill trainings", "datagen": "jobs"}.get(card["kind"], "fine-tunes")
        )


def _process_of(card: JobCard) -> str | None:
    process = card["config"].get("process") if card["kind"] == "finetune" else None
    return card["id"] if card["kind"] == "datagen" else process if isinstance(process, str) else None


def _matches(card: JobCard, wanted: JobFilter) -> bool:
    return all(value is None or card[name] == value for name, value in wanted._asdict().items())  # type: ignore[literal-required]
