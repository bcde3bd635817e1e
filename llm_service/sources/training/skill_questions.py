"""What a skill trainer is asked: its jobs, and each that runs by both of its endpoints.

Only the older endpoint makes the server look whether a job has ended (else its status sits at 95 % for ever), so it
is asked first and the status after it.
"""

from __future__ import annotations

from typing import Any, Protocol

from llm_service.clients.errors import BadAnswer, ClientError, NotThere
from llm_service.clients.web import segment
from llm_service.core.training import fields, skills
from llm_service.core.training.reports import Report
from llm_service.sources.training.job_board import JobBoard
from llm_service.sources.upstream.asked import Question

RUNNING_S = 3.0
IDLE_S = 15.0
MOST_ASKED = 20
"""Skills in one look."""


class Asked(Protocol):
    """The client of a server, as far as it is used here."""

    def get(self, path: str, params: Any = None) -> Any: ...


class SkillQuestions:
    """One skill trainer."""

    def __init__(self, source: str, client: Asked, board: JobBoard) -> None:
        self._source = source
        self._client = client
        self._board = board

    def questions(self) -> list[Question]:
        """What to ask, and how often: more often while something runs."""
        return [Question("skill trainings", lambda: RUNNING_S if self._running() else IDLE_S, self.ask)]

    def ask(self) -> None:
        """The list, then each skill of which a job runs, here or there, and those whose job was not known."""
        listed: list[skills.Listed] = []
        not_there: NotThere | None = None
        try:
            value = self._client.get("/api/training-jobs").value
            if not fields.is_listing(value, *skills.LISTS):
                raise BadAnswer(f"{self._source}: GET /api/training-jobs answered with something that is no list")
            listed = skills.listed(value)
        except NotThere as error:
            not_there = error
        known = self._running()
        fresh = [row.skill for row in listed if self._board.key_of(self._source, "skill", row.report.id) is None]
        self._board.hear(self._source, [row.report for row in listed])
        current = {row.skill: row.report.id for row in listed}
        runs_there = [row.skill for row in listed if row.report.told.get("status") in ("running", "queued")]
        troubles = self._ask_each(list(dict.fromkeys([*runs_there, *known.values(), *fresh]))[:MOST_ASKED])
        self._end_replaced(known, current)
        if troubles:
            raise troubles[0]
        if not_there is not None and not known:
            raise not_there

    def _ask_each(self, names: list[str]) -> list[ClientError]:
        """Each skill alone; returns what went wrong."""
        troubles = []
        for skill in names:
            try:
                self.ask_skill(skill)
            except ClientError as error:
                troubles.append(error)
        return troubles

    def ask_skill(self, skill: str) -> None:
        """One skill by both endpoints."""
        reports = [self._older(skill), self._status(skill)]
        self._board.hear(self._source, [report for report in reports if report is not None])

    def _older(self, skill: str) -> Report | None:
        try:
            return skills.legacy_answer(self._client.get(f"/api/training-job/{segment(skill)}").value, skill)
        except NotThere:
            return None

    def _status(self, skill: str) -> Report | None:
        answer = skills.status_answer(self._client.get(f"/api/training/status/{segment(skill)}").value, skill)
        if answer.idle:
            for key, mine in self._running().items():
                if mine == skill:
                    self._board.vanished(key)
        if answer.trouble:
            raise BadAnswer(f"{self._source}: the status of {skill} was not told: {answer.trouble}")
        return answer.report

    def _end_replaced(self, known: dict[str, str], current: dict[str, str]) -> None:
        """Each skill has one row: a job that another took the place of will never be heard of again."""
        for key, skill in known.items():
            card = self._board.card(key)
            if card is not None and skill in current and current[skill] != card["id"]:
                self._board.vanished(key)

    def _running(self) -> dict[str, str]:
        """Skills by the key of their job that has not ended."""
        return {
            card["key"]: str(card["config"]["skill_id"])
            for card in self._board.unended(self._source, "skill")
            if "skill_id" in card["config"]
        }
