"""What a run does from its start to its end: steps that depend on nothing but its chance and its plan."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from llm_service.simulators.words import AGENTS, ERRORS, saying

SNIPPET_MAX = 200
Outcome = Literal["completed", "failed", "silent"]
"""How a run ends; "silent" fails and closes its stream without stream_end."""


class Plan(NamedTuple):
    """What shapes a run. `rate` None: an update every 0.2 to 1.0 s, else so many updates a second. `length` times as
    many updates as the recipe has; `tokens` at least and at most between two of them."""

    kind: str
    domain: str
    max_iter: int
    outcome: Outcome
    iterations: int
    rate: float | None = None
    updates: int | None = None
    length: float = 1.0
    tokens: tuple[int, int] = (10, 60)


class Step(NamedTuple):
    """One event, `after_s` after the one before. `tokens_in` and `tokens_out` are what it adds."""

    after_s: float
    type: str
    node: str
    data: dict[str, Any]
    tokens_in: int = 0
    tokens_out: int = 0


def make_plan(
    chance: random.Random,
    *,
    kind: str,
    domain: str,
    max_iter: int,
    failing: float,
    rate: float | None,
    length: float,
    tokens: tuple[int, int],
    wanted: dict[str, Any],
) -> Plan:
    """The plan of a run: of those `failing`, a third ends silently. `wanted` (config.sim) overrides what it names."""
    drawn = chance.random()
    outcome: Outcome = "completed" if drawn >= failing else "silent" if drawn < failing / 3 else "failed"
    return Plan(
        kind,
        domain,
        max_iter,
        wanted.get("outcome", outcome),
        int(wanted.get("iterations", min(max_iter, chance.randint(3, 8)))),
        wanted.get("rate", rate),
        wanted.get("updates"),
        length,
        tokens,
    )


def steps_of(chance: random.Random, plan: Plan) -> Iterator[Step]:
    """The events of a run, `stream_end` last; a run that fails does so in the middle of an iteration."""
    breaks_in = chance.randint(1, plan.iterations) if plan.outcome != "completed" else 0
    for iteration in range(1, plan.iterations + 1):
        agent = chance.choice(AGENTS[plan.kind])
        yield _supervisor(chance, plan, iteration, agent)
        updates = list(_agent(chance, plan, iteration, agent)) if plan.updates is None else None
        if iteration == breaks_in:
            yield from (updates or [])[:3]
            yield from _failure(chance, plan.outcome)
            return
        yield from _agent(chance, plan, iteration, agent) if updates is None else updates
    end = {"iteration": plan.iterations, "max_iter": plan.max_iter, "snippet": None, "message": "All parts are there"}
    yield Step(0.2, "node_update", "finish", end)
    yield Step(0.05, "status", "system", {"message": "Run completed", "status": "completed"})
    yield Step(0.0, "stream_end", "system", {"status": "completed"})


def _supervisor(chance: random.Random, plan: Plan, iteration: int, agent: str) -> Step:
    data = {
        "iteration": iteration,
        "max_iter": plan.max_iter,
        "snippet": None,
        "message": f"Supervisor routing to {agent}",
        "input_preview": f"{plan.domain}: part {iteration} of {plan.iterations}",
        "next_node": agent,
    }
    after_s = 1 / plan.rate if plan.rate else chance.uniform(0.1, 0.4)
    return Step(after_s, "node_update", "supervisor", data, tokens_in=chance.randint(80, 640))


def _agent(chance: random.Random, plan: Plan, iteration: int, agent: str) -> Iterator[Step]:
    text = saying(chance, plan.kind, plan.domain)
    count = plan.updates or (max(6, int(plan.rate * 3)) if plan.rate else round(chance.randint(5, 10) * plan.length))
    for n in range(1, count + 1):
        data = {
            "active_agent": agent,
            "iteration": iteration,
            "max_iter": plan.max_iter,
            "snippet": text[: max(20, len(text) * n // count)][:SNIPPET_MAX],
            "message": "",
            "next_node": "supervisor",
        }
        after_s = 1 / plan.rate if plan.rate else chance.uniform(0.2, 1.0)
        yield Step(after_s, "node_update", agent, data, tokens_out=chance.randint(*plan.tokens))


def _failure(chance: random.Random, outcome: Outcome) -> Iterator[Step]:
    yield Step(0.2, "error", "system", {"message": chance.choice(ERRORS)})
    if outcome == "failed":
        yield Step(0.0, "stream_end", "system", {"status": "failed"})
