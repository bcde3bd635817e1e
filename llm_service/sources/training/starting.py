"""Starts training jobs, each once: a double click, a second tab and a job that runs already all lead to one job.

Whatever is in the way is an `AlreadyRuns` with the key of that job, so that the page attaches to it: our own
knowledge, a start of the same thing that is on its way, the server's 409, or a server that answers with the id of
the job that runs. A job without news for half an hour is in nobody's way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol

from llm_service.clients.errors import ClientError, Conflict, NotThere, Refused, Unreachable
from llm_service.core.training import fields
from llm_service.core.training.job_words import title_of
from llm_service.core.training.refusals import AlreadyRuns, BadStart, ServerRefused, ServerSilent
from llm_service.core.training.reports import Report, status_of
from llm_service.core.training.shapes import JobCard
from llm_service.core.training.starts import Start
from llm_service.errors import LlmServiceError
from llm_service.sources.training.job_board import JobBoard

WAIT_S = 90.0
"""Longer than any request may take."""
_IDS = ("job_id", "id", "finetune_id", "pipeline_id", "run_id")


class Poster(Protocol):
    """The client of a server, as far as it is used here."""

    def post(self, path: str, body: object = None) -> Any: ...


class Place(NamedTuple):
    """A server that jobs can be started at. `look` asks it now for its jobs of this kind; `began` follows a start."""

    source: str
    client: Poster
    look: Callable[[], None]
    began: Callable[[Start], None]


class Starting:
    """Safe on any thread. `places` are the servers by kind of job and name."""

    def __init__(self, board: JobBoard, places: Mapping[str, Mapping[str, Place]]) -> None:
        self._board = board
        self._places = places
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, str, str], Future[str]] = {}

    def start(self, start: Start) -> JobCard:
        """Start it and return its card. Raises `AlreadyRuns`, `BadStart`, `ServerRefused` and `ServerSilent`."""
        place = self._place(start)
        mine: Future[str] = Future()
        with self._lock:
            theirs = self._under_way.setdefault((start.kind, place.source, start.target), mine)
        if theirs is not mine:
            raise AlreadyRuns("this was started a moment ago; here it is", self._key_of(theirs))
        try:
            key = self._send(place, start)
            mine.set_result(key)
        except BaseException as error:
            self._settle_failure(mine, error)
            raise
        finally:
            with self._lock:
                del self._under_way[(start.kind, place.source, start.target)]
        card = self._board.card(key)
        if card is None:
            raise ServerSilent("it was started and is not known any more; look at the list")
        return card

    def _key_of(self, theirs: Future[str]) -> str:
        try:
            return theirs.result(WAIT_S)
        except TimeoutError:
            raise AlreadyRuns(
                "this is being started; its server has not answered yet, look at the list", None
            ) from None

    def _settle_failure(self, mine: Future[str], error: BaseException) -> None:
        """Who waited for this start gets the same answer."""
        if isinstance(error, AlreadyRuns) and error.job is not None:
            mine.set_result(error.job)
        else:
            mine.set_exception(error if isinstance(error, LlmServiceError) else ServerSilent("the start failed here"))

    def _place(self, start: Start) -> Place:
        places = self._places.get(start.kind, {})
        if start.source is not None:
            if start.source not in places:
                known = ", ".join(sorted(places)) or "none is watched that can do this"
                raise BadStart({"source": f"is no server that can start this; there is: {known}"})
            return places[start.source]
        if len(places) != 1:
            known = ", ".join(sorted(places))
            raise BadStart({"source": f"is missing; choose one of {known}" if known else "is not watched; see Sources"})
        return next(iter(places.values()))

    def _send(self, place: Place, start: Start) -> str:
        """Look, send, and understand the answer; the key of the job that was started."""
        looked = self._look(place)
        self._refuse_if_running(place, start)
        before = {card["id"] for card in self._board.unended(place.source, start.kind)}
        try:
            answer = place.client.post(start.path, start.body).value
        except Conflict as error:
            raise self._conflict(place, start, error) from error
        except NotThere as error:
            raise ServerRefused(f"{place.source} cannot start this: it has no {start.path}") from error
        except Refused as error:
            raise ServerRefused(error.sentence) from error
        except Unreachable as error:
            return self._lost_answer(place, start, before if looked else None, error)
        except ClientError as error:
            raise ServerSilent(error.sentence) from error
        row = answer if isinstance(answer, dict) else {}
        if row.get("success") is False:
            raise ServerRefused(f"{place.source}: {fields.text(row, 'error', 'message') or 'it said no'}")
        job_id = _id_in(row)
        if job_id is None:
            raise ServerSilent(f"{place.source} answered the start without a job; look at the list before trying again")
        if job_id in before:
            key = self._board.key_of(place.source, start.kind, job_id)
            if key is not None and self._blocks(place, start, key):
                raise AlreadyRuns(f"{place.source} has {job_id} running already; here it is", key)
        return self._began(place, start, job_id, row)

    def _look(self, place: Place) -> bool:
        """What the server says now; a failure is left to the start itself, which will meet it too."""
        try:
            place.look()
        except ClientError:
            return False
        return True

    def _refuse_if_running(self, place: Place, start: Start) -> None:
        for card in self._board.blocking(place.source, start.kind):
            if target_of(card) == start.target:
                raise AlreadyRuns(f"{title_of(card)} runs already at {place.source}; here it is", card["key"])

    def _blocks(self, place: Place, start: Start, key: str) -> bool:
        return any(card["key"] == key for card in self._board.blocking(place.source, start.kind))

    def _conflict(self, place: Place, start: Start, error: Conflict) -> AlreadyRuns:
        """The server's own guard: it may say which job it is; else it is the one that runs."""
        body = error.body if isinstance(error.body, dict) else {}
        inner = body.get("detail") if isinstance(body.get("detail"), dict) else body
        job_id = _id_in(inner or {})
        sentence = fields.text(inner or {}, "error", "message", "detail") or error.detail or "one runs already"
        if job_id is not None:
            key = self._board.hear(place.source, [_report(start, job_id, "running", {})])[0]
            return AlreadyRuns(f"{place.source}: {sentence}", key)
        self._look(place)
        running = self._board.unended(place.source, start.kind)
        same = [card for card in running if target_of(card) == start.target] or running
        return AlreadyRuns(f"{place.source}: {sentence}", same[-1]["key"] if same else None)

    def _lost_answer(self, place: Place, start: Start, before: set[str] | None, error: Unreachable) -> str:
        """No answer came: the server is asked what it runs before anybody is told that it failed."""
        if not error.maybe_done:
            raise ServerSilent(error.sentence) from error
        if self._look(place) and before is not None:
            new = [card for card in self._board.unended(place.source, start.kind) if card["id"] not in before]
            if new and target_of(new[-1]) == start.target:
                place.began(start)
                return new[-1]["key"]
        raise ServerSilent(f"{error.sentence}; it may have begun all the same, look at the list before trying again")

    def _began(self, place: Place, start: Start, job_id: str, row: Mapping[str, Any]) -> str:
        self._board.begin_again(place.source, start.kind, job_id)
        status = status_of(fields.text(row, "status")) or "running"
        key = self._board.hear(place.source, [_report(start, job_id, status, row)])[0]
        place.began(start)
        return key


def target_of(card: JobCard) -> str:
    """What of a job may run only once at its server, as `Start.target` names it."""
    if card["kind"] == "skill":
        return str(card["config"].get("skill_id", card["id"]))
    if card["kind"] == "pipeline":
        suite = card["pipeline"]["suite"] if card["pipeline"] else None
        return f"{card['base_model']} · {suite or card['config'].get('eval_suite')}"
    return card["kind"]


def _id_in(row: Mapping[str, Any]) -> str | None:
    for inner in (row, *(row[name] for name in ("job", "pipeline", "data") if isinstance(row.get(name), dict))):
        if found := fields.text(inner, *_IDS):
            return found
    return None


def _report(start: Start, job_id: str, status: str, row: Mapping[str, Any]) -> Report:
    """A job as it was started, before its server tells of it by itself."""
    info = row["training_info"] if isinstance(row.get("training_info"), dict) else {}
    told: dict[str, Any] = {"status": status}
    if row:
        told["config"] = {name: value for name, value in start.config.items() if not isinstance(value, dict)}
        optional = {
            "base_model": start.base_model,
            "name": fields.text(info, "skill_name"),
            "steps": fields.whole(info, "estimated_steps"),
            "examples": fields.whole(info, "training_examples"),
            "epochs": start.config.get("epochs"),
            "learning_rate": start.config.get("learning_rate"),
        }
        told.update({name: value for name, value in optional.items() if value is not None})
    elif start.kind == "skill":
        told["config"] = {"skill_id": start.target}
    if start.kind == "pipeline":
        told["base_model"] = start.base_model
        told["pipeline"] = {"suite": start.config.get("eval_suite"), "target": start.config.get("target")}
    pid = fields.text(row, "pid")
    return Report(start.kind, job_id, told, pid=pid)
