"""Every rule of docs/agent-logs.md for Claude Code, on a fixture of its own whose totals were worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_service.core.zones import Zone
from tests.agentlogs.kit import Store, expected_of, lay_out, only_tokens, rules

RULES = rules("claude")
AT = "2026-10-05T10:00:00.000Z"
EVERY_RULE = "C0 C1 C1a C2 C3 C4 C5 C6 C6a C7 C8 C8a C8b C9 C10 C11 C11a C12 C13 C14 C14a C15"


def test_every_rule_has_a_fixture() -> None:
    assert set(EVERY_RULE.split()) <= {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_gives_the_totals_worked_out_by_hand(rule: Path, home: Path, store: Store) -> None:
    expected = expected_of(rule)
    sources = store.read_all(lay_out(rule, home))
    assert store.totals() == only_tokens(expected["models"]), expected["why"]
    assert store.summed() == store.totals()
    skipped = {reason: number for source in sources for reason, number in source["skipped"].items()}
    assert skipped == expected["skipped"]
    assert sum(source["messages"] for source in sources) >= len(store.ask("SELECT 1 FROM invocations"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_reading_a_rule_twice_changes_nothing(rule: Path, home: Path, store: Store) -> None:
    lay_out(rule, home)
    store.read_all(home)
    before = store.ask("SELECT * FROM invocations ORDER BY id")
    store.recorder.write(lambda connection: connection.execute("DELETE FROM log_files"))
    store.read_all(home)
    assert store.ask("SELECT * FROM invocations ORDER BY id") == before


def read(name: str, home: Path, store: Store) -> dict:
    rule = next(rule for rule in RULES if rule.name == name)
    store.read_all(lay_out(rule, home))
    return expected_of(rule)


@pytest.mark.parametrize("name", ["C5", "C8b"])
def test_a_sub_agent_has_the_name_its_sidecar_or_its_progress_gives(name: str, home: Path, store: Store) -> None:
    expected = read(name, home, store)
    found = dict(store.ask("SELECT agent, count(*) FROM invocations WHERE agent IS NOT NULL GROUP BY 1"))
    assert found == expected["agents"]


def test_an_adviser_is_an_agent_of_its_own(home: Path, store: Store) -> None:
    read("C9", home, store)
    assert store.ask("SELECT DISTINCT agent, model LIKE '%opus%' FROM invocations ORDER BY 2") == [
        (None, 0),
        ("advisor", 1),
    ]


def test_a_named_cost_is_kept_once_and_nothing_is_no_cost(home: Path, store: Store) -> None:
    expected = read("C10", home, store)
    wanted = next(iter(expected["models"].values()))["reported_nano"]
    assert store.ask("SELECT sum(reported_nano), sum(cost_nano), count(reported_nano) FROM invocations") == [
        (wanted, wanted, 2)
    ]


def test_a_day_is_a_day_of_the_readers_zone(home: Path, store: Store) -> None:
    expected = read("C12", home, store)
    zone = Zone(expected["zone"])
    days: dict[str, int] = {}
    for at_ms, tokens in store.ask("SELECT at_ms, input_tokens FROM invocations"):
        # Noon of a day that begins at zone.day_start_ms lies on that date in UTC too, as Berlin is near it.
        noon_s = zone.day_start_ms(at_ms) // 1000 + 12 * 3600
        day = store.ask("SELECT date(?, 'unixepoch')", noon_s)[0][0]
        days[day] = days.get(day, 0) + tokens
    assert days == expected["days"]


def test_searches_and_tiers_are_once_per_message(home: Path, store: Store) -> None:
    expected = read("C13", home, store)
    assert store.ask("SELECT sum(web_searches) FROM invocations") == [(3,)]
    assert (
        dict(store.ask("SELECT tier, count(*) FROM invocations WHERE tier IS NOT NULL GROUP BY 1"))
        == (expected["tiers"])
    )


def test_a_call_belongs_to_the_session_that_made_it_not_to_its_forks(home: Path, store: Store) -> None:
    read("C2", home, store)
    found = dict(store.ask("SELECT invocation_id, substr(session, 1, 1) FROM invocations"))
    assert found["claude:msg_c2_c"] == found["claude:msg_c2_d"] == "2"
    assert found["claude:msg_c2_e"] == "3"
    assert found["claude:msg_c2_a"] in "12"
    assert found["claude:msg_c2_b"] in "12"


def test_a_nested_copy_needs_a_name_to_be_counted(home: Path, project: Path, store: Store) -> None:
    message = {"role": "assistant", "model": "claude-haiku-4-5-20251001", "usage": {"output_tokens": 7}}
    copies = [
        {"message": {**message, "id": "m1"}},
        {"message": message, "requestId": "r1"},
        {"message": message, "requestId": "r1"},
        {"message": message},
        {"message": {**message, "id": "m2"}, "type": "user"},
    ]
    lines = [
        {"type": "progress", "timestamp": AT, "data": {"type": "agent_progress", "message": copy}} for copy in copies
    ]
    (project / "s.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert store.read_all(home)[0]["skipped"] == {"nested copy without an id": 1}
    assert store.ask("SELECT invocation_id, output_tokens FROM invocations ORDER BY 1") == [
        ("claude:m1", 7),
        ("claude:requestId:r1", 7),
    ]
