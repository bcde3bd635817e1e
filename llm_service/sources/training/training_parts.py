"""Puts training together: one board and one teller for all servers, the questions of each, and the desk over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from llm_service.clients.event_stream import open_stream
from llm_service.clients.web import Client
from llm_service.core.observations import Announced
from llm_service.core.source_shapes import Line
from llm_service.core.sse import SseEvent
from llm_service.core.training.starts import Start
from llm_service.sources.training.desk import Archive, Desk, Site
from llm_service.sources.training.finetune_questions import FinetuneQuestions
from llm_service.sources.training.job_board import JobBoard, Losses
from llm_service.sources.training.job_teller import JobTeller, Keeper
from llm_service.sources.training.pipeline_questions import PipelineQuestions
from llm_service.sources.training.skill_questions import SkillQuestions
from llm_service.sources.training.starting import Place, Starting
from llm_service.sources.upstream.asked import Question
from llm_service.sources.upstream.listening import Listener


class Card(Protocol):
    """The card of a server, which counts its streams."""

    def stream(self, key: str, line: Line) -> None: ...
    def count(self, *, events: int = 0, unknown: int = 0, broken: int = 0) -> None: ...


class TrainingParts:
    """Made once; `watch` for every server before `start`. `archive` may wait for the database, and raise."""

    def __init__(
        self,
        publish: Callable[[Announced], None],
        *,
        now_ms: Callable[[], int],
        archive: Archive,
        keeper: Callable[[], Keeper | None],
        losses: Callable[[], Losses | None],
    ) -> None:
        self._now_ms = now_ms
        self.board = JobBoard(now_ms=now_ms, losses=losses)
        self.teller = JobTeller(self.board, publish, now_ms=now_ms, keeper=keeper)
        self._sites: dict[str, Site] = {}
        self._places: dict[str, dict[str, Place]] = {"finetune": {}, "skill": {}, "pipeline": {}}
        self._ask_soon: dict[str, Callable[[str], None]] = {}
        self._pipelines: list[PipelineQuestions] = []
        self.desk = Desk(self.board, archive, Starting(self.board, self._places), self._sites)

    def watch(self, name: str, kind: str, client: Client, card: Card) -> list[Question]:
        """What this server is asked about training."""
        self._sites[name] = Site(client, kind, lambda question: self._soon(name, question))
        if kind == "skill-training":
            return self._watch_skills(name, client)
        return [*self._watch_finetunes(name, client), *self._watch_pipelines(name, client, card)]

    def asks(self, name: str, ask_soon: Callable[[str], None]) -> None:
        """Who can have a question of this server asked at once."""
        self._ask_soon[name] = ask_soon

    def stop_streams(self, deadline_s: float) -> None:
        """End the streams of all pipelines."""
        for pipelines in self._pipelines:
            pipelines.stop(deadline_s)

    def _soon(self, name: str, question: str) -> None:
        if (ask := self._ask_soon.get(name)) is not None:
            ask(question)

    def _watch_skills(self, name: str, client: Client) -> list[Question]:
        skills = SkillQuestions(name, client, self.board)

        def began(start: Start) -> None:
            del start
            self._soon(name, "skill trainings")

        self._places["skill"][name] = Place(name, client, skills.ask, began)
        return skills.questions()

    def _watch_finetunes(self, name: str, client: Client) -> list[Question]:
        finetunes = FinetuneQuestions(
            name, client, self.board, now_ms=self._now_ms, ask_soon=lambda question: self._soon(name, question)
        )

        def began(start: Start) -> None:
            del start
            for question in ("fine-tunes", "jobs", "fine-tune log"):
                self._soon(name, question)

        self._places["finetune"][name] = Place(name, client, finetunes.ask_finetunes, began)
        return finetunes.questions()

    def _watch_pipelines(self, name: str, client: Client, card: Card) -> list[Question]:
        def listen(stream: str, path: str, hear: Callable[[SseEvent], bool], before: Callable[[], bool]) -> Listener:
            def counted(event: SseEvent) -> bool:
                card.count(events=1)
                return hear(event)

            def opened(last_id: str) -> Any:
                return open_stream(client, path, last_event_id=last_id)

            return Listener(stream, opened, counted, lambda line: card.stream(stream, line), before=before)

        pipelines = PipelineQuestions(name, client, self.board, listen, card.count)
        self._pipelines.append(pipelines)

        def began(start: Start) -> None:
            del start
            pipelines.listen()
            self._soon(name, "pipelines")

        self._places["pipeline"][name] = Place(name, client, pipelines.ask, began)
        return pipelines.questions()
