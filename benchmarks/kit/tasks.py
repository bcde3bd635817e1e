"""Task files as agents write them: no two alike, of a wanted size."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

AGENTS = (
    "analyst-annie",
    "architect",
    "backend-benny",
    "build-automation",
    "curator",
    "data-dora",
    "frontend-freddy",
    "manager-mike",
    "planning-petra",
    "python-pedro",
    "reviewer-rita",
    "writer-wanda",
)


def _words(text: str, between: str = " ") -> list[str]:
    return text.split(between)


_VERBS = _words("Add Fix Cache Validate Document Measure Split Rename Review Migrate Harden Trace Simplify Bound")
_THINGS = _words(
    "parser,retry policy,session store,cost report,event writer,query facade,login page,wheel build,import graph,"
    "token refresh,rate limiter,schema check,snapshot route,log masking,folder scan,release notes,activity feed",
    ",",
)
_WORDS = _words(
    "the a of to and in for with when each file agent task result service client folder event page reads writes keeps "
    "must should may never after before while error limit cache index value field table query stream token budget line "
    "board column card status priority change order path name time size count state test case user small clear exact"
)
_TAGS = _words("backend frontend docs infra security speed ci data refactoring research")
_FIRST = datetime(2025, 6, 1, tzinfo=UTC)
_STATUS = {
    "inbox": ("new",),
    "assigned": ("assigned", "in_progress", "in_progress", "blocked", "error"),
    "done": ("done",),
}


def task_text(number: int, column: str, agent: str, size: int, *, edition: int = 0) -> str:
    """A task of about `size` bytes; the same arguments give the same text. `edition` is part of the title."""
    chance = random.Random(f"{number}/{edition}")
    created = _FIRST + timedelta(minutes=7 * number + chance.randrange(7))
    title = f"{chance.choice(_VERBS)} the {chance.choice(_THINGS)} for {chance.choice(_THINGS)}"
    lines = [
        f"id: {task_id(number)}",
        f"title: '{title} [{edition}]'",
        f"agent: {agent}",
        f"status: {chance.choice(_STATUS[column])}",
        f"priority: {chance.choice(('critical', 'high', 'medium', 'medium', 'normal', 'low'))}",
        f"created: {created:%Y-%m-%d %H:%M:%S}+00:00",
        f"created_by: {chance.choice(AGENTS)}",
        f"estimated_hours: {chance.choice((1, 2, 3.5, 8))}",
        f"tags: [{', '.join(chance.sample(_TAGS, 2))}]",
        *_later(column, created, chance),
        "artefacts:",
        *(f"- src/{chance.choice(_WORDS)}_{chance.choice(_WORDS)}.py" for _ in range(chance.randint(1, 3))),
    ]
    if number > 3:
        lines += ["dependencies:", f"- {task_id(number - chance.randint(1, 3))}"]
    lines.append("description: |")
    length = sum(len(line) + 1 for line in lines)
    goal = size * chance.uniform(0.9, 1.1)
    while length < goal:
        lines.append("  " + _paragraph(chance))
        length += len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def task_id(number: int) -> str:
    """The id that `task_text` writes."""
    return (
        f"2026-{1 + number % 12:02}-{1 + number % 28:02}T{number:06}-{_THINGS[number % len(_THINGS)].replace(' ', '-')}"
    )


def _later(column: str, created: datetime, chance: random.Random) -> list[str]:
    assigned = created + timedelta(minutes=chance.randint(5, 600))
    lines = [] if column == "inbox" else [f"assigned_at: '{assigned:%Y-%m-%dT%H:%M:%S}.414420Z'"]
    if column == "done":
        lines.append(f"completed_at: '{assigned + timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}'")
        lines += ["result:", f"  summary: {_sentence(chance, 8)}", "  metrics:", f"    tests: {chance.randint(1, 90)}"]
    return lines


def _paragraph(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.15:
        return f"## {_sentence(chance, 3)}"
    if kind < 0.5:
        return f"- [{chance.choice(' x')}] {_sentence(chance, 9)}"
    return f"{_sentence(chance, 14)} See `{chance.choice(_WORDS)}.{chance.choice(_WORDS)}()`."


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words)).capitalize()
