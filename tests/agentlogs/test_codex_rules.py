"""Every rule of docs/agent-logs.md for Codex, on a fixture of its own whose totals were worked out by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from llm_service.core.times import iso_seconds
from tests.agentlogs.kit import Store, rules
from tests.agentlogs.rule_kit import added, expected, lay_out, skipped, summed, totals

RULES = rules("codex")
EVERY_RULE = "X0 X0a X1 X2 X2a X3 X4 X5 X6 X6a X7 X7a X8 X8a X9 X10 X11 X12 X13 X14 X14a X15"
APART = [rule for rule in RULES if rule.name != "X8a"]
"""All that can lie in one home: the fork of X8a is that of X8 under another name."""


def named(name: str) -> Path:
    return next(rule for rule in RULES if rule.name == name)


def test_every_rule_has_a_fixture() -> None:
    assert set(EVERY_RULE.split()) <= {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_gives_the_totals_worked_out_by_hand(rule: Path, home: Path, store: Store) -> None:
    wanted = expected(rule)
    sources = store.read_all(lay_out(rule, home))
    assert totals(store, "codex") == wanted["models"], wanted["why"]
    assert summed(store) == totals(store, "codex")
    assert skipped(sources) == wanted["skipped"]
    assert sum(source["messages"] for source in sources) >= len(store.ask("SELECT 1 FROM invocations"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_reading_a_rule_again_from_the_start_changes_nothing(rule: Path, home: Path, store: Store) -> None:
    lay_out(rule, home)
    store.read_all(home)
    before = store.ask("SELECT * FROM invocations ORDER BY id")
    store.recorder.write(lambda connection: connection.execute("DELETE FROM log_files"))
    store.read_all(home)
    assert store.ask("SELECT * FROM invocations ORDER BY id") == before


@pytest.mark.parametrize("name", ["X8", "X8-unreadable-turns", "X8-numbered-lines"])
def test_a_spawned_session_is_an_agent_by_its_role_or_its_nickname(name: str, home: Path, store: Store) -> None:
    store.read_all(lay_out(named(name), home))
    found = dict(store.ask("SELECT agent, count(*) FROM invocations WHERE agent IS NOT NULL GROUP BY 1"))
    assert found == expected(named(name))["agents"]


def test_a_call_is_at_the_time_of_its_line(home: Path, store: Store) -> None:
    store.read_all(lay_out(named("X15"), home))
    found = [iso_seconds(at_ms / 1000) for (at_ms,) in store.ask("SELECT at_ms FROM invocations")]
    assert found == expected(named("X15"))["at"]


def test_a_file_without_its_meta_is_of_the_session_in_its_name(home: Path, store: Store) -> None:
    store.read_all(lay_out(named("no-meta"), home))
    assert [session for (session,) in store.ask("SELECT session FROM invocations")] == expected(named("no-meta"))[
        "sessions"
    ]


def test_a_call_has_its_project_and_its_provider(home: Path, store: Store) -> None:
    store.read_all(lay_out(named("X3"), home))
    assert store.ask("SELECT project, provider, door, cost_nano FROM invocations") == [
        ("widget", "openai", "log", None)
    ]


def test_a_session_is_named_by_its_own_id_and_not_its_parents(home: Path, store: Store) -> None:
    store.read_all(lay_out(named("X8"), home))
    found = [session for (session,) in store.ask("SELECT DISTINCT session FROM invocations ORDER BY 1")]
    assert found == expected(named("X8"))["sessions"]


def test_a_call_is_of_the_tier_that_was_asked_for(home: Path, store: Store) -> None:
    store.read_all(lay_out(named("tiers"), home))
    found = [tier for (tier,) in store.ask("SELECT tier FROM invocations ORDER BY at_ms")]
    assert found == expected(named("tiers"))["tiers"]


def test_codex_home_is_honoured(home: Path, store: Store, tmp_path: Path) -> None:
    lay_out(named("X10"), home)
    moved = tmp_path / "elsewhere"
    shutil.move(home / ".codex", moved)
    store.read_all(home, {"CODEX_HOME": str(moved)})
    assert totals(store, "codex") == expected(named("X10"))["models"]


def test_all_rules_together_and_twice_give_the_sum(home: Path, store: Store) -> None:
    for rule in APART:
        lay_out(rule, home)
    first = store.read_all(home)
    second = store.read_all(home)
    assert first == second
    assert totals(store, "codex") == summed(store) == added(*(expected(rule)["models"] for rule in APART))


def test_moving_everything_to_the_archive_adds_nothing(home: Path, store: Store) -> None:
    for rule in APART:
        lay_out(rule, home)
    store.read_all(home)
    before = totals(store, "codex")
    archive = home / ".codex/archived_sessions"
    for file in sorted((home / ".codex/sessions").rglob("rollout-*")):
        file.rename(archive / file.name)
    store.read_all(home)
    assert totals(store, "codex") == summed(store) == before


def test_growing_line_by_line_gives_the_same(home: Path, store: Store, tmp_path: Path) -> None:
    """Each round every file is one line longer, and half of the next line is there already."""
    whole = tmp_path / "whole"
    plain = [rule for rule in APART if rule.name not in ("X10", "X11")]
    for rule in plain:
        lay_out(rule, whole)
    logs = {file: file.read_bytes().splitlines(keepends=True) for file in sorted(whole.rglob("*.jsonl"))}
    for count in range(max(map(len, logs.values())) + 1):
        for file, lines in logs.items():
            place = home / file.relative_to(whole)
            place.parent.mkdir(parents=True, exist_ok=True)
            half = lines[count][: len(lines[count]) // 2] if count < len(lines) else b""
            place.write_bytes(b"".join(lines[:count]) + half)
        store.read_all(home)
    assert totals(store, "codex") == summed(store) == added(*(expected(rule)["models"] for rule in plain))
