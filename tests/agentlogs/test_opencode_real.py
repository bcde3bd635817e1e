"""Stores that real versions of OpenCode wrote against a stub provider, checked against the stub's own ledger.

Recorded on 21 November 2026 with opencode-ai 1.0.0, 1.1.65, 1.2.1 and 1.18.33: a turn with a tool, a fork that went on,
a sub-agent, a refused call, a free model, an abort and a summary; on 1.18.33 also its v2 session. Texts and machine
names were taken out. `stored` in the ledger is false for what OpenCode keeps no tokens of: titles, the abort, and the
summaries of single messages that 1.0.0 makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agentlogs.kit import FIXTURES, Store
from tests.agentlogs.rule_kit import Totals, lay_out, skipped, summed, totals

VERSIONS = ["1.0.0", "1.1.65", "1.2.1", "1.18.33"]
NOW_MS = 1_796_000_000_000  # the end of November 2026


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "state", now_ms=NOW_MS)
    yield made
    made.close()


def folder(version: str) -> Path:
    return FIXTURES / "opencode" / f"real-{version}"


def asked(version: str, stored: bool = True) -> list[dict]:
    calls = json.loads((folder(version) / "ledger.json").read_text())["calls"]
    return [call for call in calls if call["stored"] is stored]


def by_model(calls: list[dict]) -> Totals:
    """What the provider says it was used for: its prompt holds the cached part, its completion the reasoning."""
    found: Totals = {}
    for call in calls:
        names = ("messages", "input", "output", "reasoning", "cache_read", "cache_write")
        here = found.setdefault(call["model"], dict.fromkeys(names, 0))
        here["messages"] += 1
        here["input"] += call["prompt"] - call["cached"]
        here["output"] += call["completion"]
        here["reasoning"] += call["reasoning"]
        here["cache_read"] += call["cached"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_store_gives_what_its_provider_was_asked_for(version: str, home: Path, store: Store) -> None:
    sources = store.read_all(lay_out(folder(version), home))
    assert totals(store, "opencode") == summed(store) == by_model(asked(version))
    assert skipped(sources) == {"copied by a fork": 3}
    first = store.ask("SELECT * FROM invocations")
    assert store.read_all(home) == sources
    assert store.ask("SELECT * FROM invocations") == first


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sub_agent_and_the_summary_are_told_apart(version: str, home: Path, store: Store) -> None:
    store.read_all(lay_out(folder(version), home))
    agents = dict(store.ask("SELECT agent, count(*) FROM invocations GROUP BY 1"))
    # 1.0.0 names the mode of a summary, which is its caller's.
    summary = {"build": 8} if version == "1.0.0" else {"build": 7 + (version == "1.18.33"), "compaction": 1}
    assert agents == {"general": 1, **summary}


@pytest.mark.parametrize(("version", "first"), [("1.0.0", 5_700_000), ("1.2.1", 2_850_000), ("1.18.33", 2_700_000)])
def test_the_cost_is_the_one_that_the_version_named(version: str, first: int, home: Path, store: Store) -> None:
    store.read_all(lay_out(folder(version), home))
    costs = store.ask("SELECT reported_nano FROM invocations WHERE input_tokens = 500 AND model = 'm1' ORDER BY at_ms")
    assert costs[0] == (first,)


def test_what_no_store_keeps_is_said() -> None:
    kinds = {call["kind"] for version in VERSIONS for call in asked(version, stored=False)}
    assert kinds == {"TITLE", "ABORT", "COMPACT"}
