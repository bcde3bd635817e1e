"""The demo's board: task files with a past, and agents who take, work at and finish tasks so that the board lives."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llm_service.simulators.conductor import Conductor

AGENTS = ("anna", "boris", "chloe", "dev-bot", "eva")
PRIORITIES = ("critical", "high", "high", "medium", "medium", "medium", "normal", "normal", "low")
TITLES = (
    "Compare the prompts of the grounding check",
    "Find out why the IAM set repeats questions",
    "Deduplicate the S3 pairs of last week",
    "Write the model card of the third fine-tune",
    "Measure the queue's wait at eighteen workers",
    "Evaluate spark-iam-expert on the aws suite",
    "Split the DynamoDB examples by difficulty",
    "Review the citations of the Lambda set",
    "Try a lower temperature for reasoning chains",
    "Clean the schema examples of the KMS set",
    "Plan the next round of conversations",
    "Check the loss spike at step 720",
    "Move old checkpoints to the archive",
    "Describe the provenance of the VPC set",
    "Add examples about explicit denies",
    "Score the answers of the small linux model",
    "Report what a thousand pairs cost",
    "Retrain after the deduplication",
    "Ask for a second opinion on hard questions",
    "Document the six stages of a pipeline",
    "Find the runs that stall after iteration six",
    "Merge the two versions of the EC2 set",
    "Ask chloe about the missing citations",
    "Draw the loss of both adapters together",
    "Lower the price of the nightly evaluation",
    "Name the datasets after their domain",
    "Check the answers that say nothing",
    "Try gpt-4o on code problems",
    "Write down who may start a fine-tune",
    "Remove examples with broken JSON",
    "Sample fifty conversations by hand",
    "Raise the share of hard questions",
    "Compare one epoch with three",
    "Watch the linux machine's memory",
    "Prepare the release of iam-expert-v4",
    "Count duplicates across datasets",
    "Fix the prompt that asks twice",
)
TAGS = ("data", "eval", "training", "cost", "quality", "docs")
INBOX, ASSIGNED, DONE = 9, 7, 16
DONE_MAX = 40
HOUR_S = 3_600.0
Place = tuple[str, ...]


class DemoBoard:
    """Files below `root`; `now` in seconds since the epoch. Every change is a whole file or a rename."""

    def __init__(self, root: Path, seed: int, now: Callable[[], float]) -> None:
        self._root, self._now = root, now
        self._chance = random.Random(f"{seed}:board")  # noqa: S311 - reproducible on purpose
        self._count = 0
        self._tasks: dict[str, tuple[Place, dict[str, Any]]] = {}

    def furnish(self) -> None:
        """The board as it is found: something in each column, with times that make sense."""
        now = self._now()
        for n in range(DONE):
            agent, begun = self._chance.choice(AGENTS), now - HOUR_S * (DONE - n) * 4
            task = self._task(agent, begun)
            task |= {"assigned_at": _iso(begun + 900), "started_at": _iso(begun + 1_000), "status": "done"}
            took_s = self._chance.uniform(0.5, 9) * HOUR_S
            task |= {"completed_at": _iso(min(now - 60, begun + took_s)), "result": _result(task)}
            self._write(("done", agent), task)
        for _ in range(ASSIGNED):
            agent, begun = self._chance.choice(AGENTS), now - HOUR_S * self._chance.uniform(0.3, 6)
            task = self._task(agent, begun) | {"assigned_at": _iso(begun + 600), "status": "in_progress"}
            self._write(("assigned", agent), task | {"started_at": _iso(begun + 700)})
        for _ in range(INBOX):
            self._write(("inbox",), self._task(None, now - HOUR_S * self._chance.uniform(0.1, 20)))

    def begin(self, conductor: Conductor) -> None:
        """Let the agents work from now on."""
        conductor.after(3.0, self.move_something)

    def busy(self) -> list[tuple[str, str]]:
        """(agent, task id) of what is worked at."""
        return [(place[1], key) for key, (place, _) in self._tasks.items() if place[0] == "assigned"]

    def finished(self) -> list[tuple[str, str, str]]:
        """(agent, task id, when it was done)."""
        done = [(place[1], key, task) for key, (place, task) in self._tasks.items() if place[0] == "done"]
        return [(agent, key, str(task["completed_at"])) for agent, key, task in done]

    def move_something(self) -> float:
        """One thing an agent does; returns the seconds until the next."""
        waiting, busy = self._in("inbox"), self._in("assigned")
        if len(waiting) < 5 or (len(waiting) < INBOX and self._chance.random() < 0.3):
            self._write(("inbox",), self._task(None, self._now()))
        elif len(busy) < 4 or (len(busy) < 9 and self._chance.random() < 0.5):
            self._take(self._chance.choice(waiting))
        else:
            self._finish(busy[0])
        return self._chance.uniform(2.5, 6.0)

    def _take(self, key: str) -> None:
        agent, at = self._chance.choice(AGENTS), _iso(self._now())
        task = self._tasks[key][1] | {"agent": agent, "status": "in_progress", "assigned_at": at, "started_at": at}
        self._move(key, ("assigned", agent), task)

    def _finish(self, key: str) -> None:
        place, task = self._tasks[key]
        at = _iso(self._now())
        if self._chance.random() < 0.06:
            self._move(
                key,
                ("done", place[1]),
                task | {"status": "error", "completed_at": at, "error": "model backend unavailable"},
            )
        else:
            self._move(key, ("done", place[1]), task | {"status": "done", "completed_at": at, "result": _result(task)})
        done = self._in("done")
        if len(done) > DONE_MAX:
            oldest, _ = self._tasks.pop(done[0])
            self._path(oldest, done[0]).unlink(missing_ok=True)

    def _in(self, column: str) -> list[str]:
        """Ids in the order they came there."""
        return [key for key, (place, _) in self._tasks.items() if place[0] == column]

    def _task(self, agent: str | None, begun: float) -> dict[str, Any]:
        self._count += 1
        title = TITLES[(self._count * 7) % len(TITLES)]
        words = "-".join(title.lower().split()[:4]).replace("'", "")
        stamp = datetime.fromtimestamp(begun, UTC).strftime("%Y-%m-%dT%H%M")
        task = {
            "id": f"{stamp}-{words}-{self._count}",
            "title": title,
            "agent": agent,
            "priority": self._chance.choice(PRIORITIES),
            "status": "new",
            "tags": sorted(self._chance.sample(TAGS, self._chance.randint(1, 2))),
            "description": f"{title}.\n\nSay what was found, with numbers, and what to do next.",
            "created_at": _iso(begun),
            "created_by": self._chance.choice(AGENTS),
        }
        return {name: value for name, value in task.items() if value is not None}

    def _path(self, place: Place, key: str) -> Path:
        return self._root.joinpath(*place, f"{key}.yaml")

    def _write(self, place: Place, task: dict[str, Any]) -> None:
        path = self._path(place, task["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.tmp")
        # A JSON value is a YAML value, so no writer of YAML is needed here.
        draft.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in task.items()), encoding="utf-8")
        os.replace(draft, path)
        self._tasks[task["id"]] = (place, task)

    def _move(self, key: str, place: Place, task: dict[str, Any]) -> None:
        """Write the new content where the file lies, then rename it to where it belongs."""
        before, _ = self._tasks.pop(key)
        self._write(before, task)
        target = self._path(place, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self._path(before, key), target)
        self._tasks.pop(key)
        self._tasks[key] = (place, task)


def _result(task: dict[str, Any]) -> dict[str, Any]:
    return {"summary": f"{task['title']}: done, see the table in the report.", "artefacts": ["reports/summary.md"]}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
