"""Runs of the past 30 days, as a server that has been at work for a while remembers them."""

from __future__ import annotations

import random
from collections.abc import Callable

from llm_service.simulators.frames import RunEvent
from llm_service.simulators.run_script import Step
from llm_service.simulators.runs import Run, Runs
from llm_service.simulators.words import DOMAINS, MODELS, TYPES, home_of, task_of

DAYS = 30
DAY_S = 86_400.0
EVENTS_A_RUN = 1_000


def remember(runs: Runs, count: int, seed: int, now: float) -> None:
    """Put `count` ended runs into `runs`; their numbers are negative, so those to come are the same without them."""
    chance = random.Random(f"{seed}:past")  # noqa: S311 - reproducible on purpose
    for n, at in enumerate(_moments(chance, count, now)):
        kind, domain = chance.choice(list(TYPES)), chance.choice(DOMAINS)
        model = chance.choices(MODELS, weights=(5, 3, 6, 3))[0]
        task = task_of(kind, domain, chance.choice((50, 100, 200)))
        config = {"type": kind, "domain": domain, "node": home_of(chance, model)}
        run = runs.make(n - count, task, model, config, 20, at)
        run.past = lambda run=run: _events(run, runs.iso)
        _play(run)
        runs.all[run.id] = run


def _moments(chance: random.Random, count: int, now: float) -> list[float]:
    """When they began, oldest first: more by day than by night, more of late than long ago."""
    moments: list[float] = []
    while len(moments) < count:
        midnight = now - now % DAY_S - DAY_S * int(DAYS * chance.random() ** 1.3)
        at = midnight + chance.triangular(0, DAY_S, DAY_S * 0.6)
        if now - DAYS * DAY_S < at < now - 600:
            moments.append(at)
    return sorted(moments)


def _timed(run: Run) -> list[tuple[float, Step]]:
    """Its steps, each with the moment it happened."""
    at, timed = run.created + 0.5, []
    for step in run.steps():
        at += step.after_s
        timed.append((at, step))
    return timed


def _play(run: Run) -> None:
    """Its sums and its end, without its events: they are made again when somebody asks for them."""
    timed = _timed(run)
    run.started, run.finished = run.created + 0.5, timed[-1][0]
    run.status = "completed" if run.plan.outcome == "completed" else "failed"
    for _, step in timed:
        run.tokens_in += step.tokens_in
        run.tokens_out += step.tokens_out
        run.iterations = max(run.iterations, int(step.data.get("iteration", 0)))
        run.snippet = step.data.get("snippet") or run.snippet


def _events(run: Run, iso: Callable[[float], str]) -> list[RunEvent]:
    events, tokens_in, tokens_out = [], 0, 0
    for n, (at, step) in enumerate(_timed(run), 1):
        tokens_in, tokens_out = tokens_in + step.tokens_in, tokens_out + step.tokens_out
        counted = {"tokens_in": tokens_in, "tokens_out": tokens_out} if step.type == "node_update" else {}
        number = abs(run.number) * EVENTS_A_RUN + n
        events.append(RunEvent(number, step.type, step.node, {**step.data, **counted}, iso(at)))
    return events
