"""Every rule of docs/agent-logs.md for OpenCode, on a fixture of its own whose totals were worked out by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.agentlogs.kit import Store, rules
from tests.agentlogs.rule_kit import added, expected, lay_out, skipped, summed, totals

RULES = [rule for rule in rules("opencode") if not rule.name.startswith("real-")]
EVERY_RULE = "O1 O2 O3 O3a O4 O4a O5 O6 O7 O8 O9 O10 O11 O12 O13 O14 O15 O16 O17"


def named(name: str) -> Path:
    return next(rule for rule in RULES if rule.name == name)


def with_fact(fact: str) -> list[Path]:
    return [rule for rule in RULES if fact in expected(rule)]


def test_every_rule_has_a_fixture() -> None:
    assert set(EVERY_RULE.split()) <= {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_gives_the_totals_worked_out_by_hand(rule: Path, home: Path, store: Store) -> None:
    wanted = expected(rule)
    sources = store.read_all(lay_out(rule, home))
    assert totals(store, "opencode") == wanted["models"], wanted["why"]
    assert summed(store) == totals(store, "opencode")
    assert skipped(sources) == wanted["skipped"]
    assert sum(source["messages"] for source in sources) >= len(store.ask("SELECT 1 FROM invocations"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_reading_a_rule_again_changes_nothing(rule: Path, home: Path, store: Store) -> None:
    lay_out(rule, home)
    first = store.read_all(home)
    before = store.ask("SELECT * FROM invocations ORDER BY id")
    assert store.read_all(home) == first
    store.recorder.write(lambda connection: connection.execute("DELETE FROM log_files"))
    store.read_all(home)
    assert store.ask("SELECT * FROM invocations ORDER BY id") == before


@pytest.mark.parametrize("rule", with_fact("reported"), ids=lambda rule: rule.name)
def test_a_cost_is_the_one_the_store_names(rule: Path, home: Path, store: Store) -> None:
    store.read_all(lay_out(rule, home))
    found = [cost for (cost,) in store.ask("SELECT reported_nano FROM invocations ORDER BY at_ms")]
    assert found == expected(rule)["reported"], expected(rule)["why"]


@pytest.mark.parametrize("rule", with_fact("agents"), ids=lambda rule: rule.name)
def test_a_call_has_its_agent(rule: Path, home: Path, store: Store) -> None:
    store.read_all(lay_out(rule, home))
    assert dict(store.ask("SELECT agent, count(*) FROM invocations GROUP BY 1")) == expected(rule)["agents"]


def test_an_aborted_call_is_an_error(home: Path, store: Store) -> None:
    store.read_all(lay_out(named("O11"), home))
    assert store.ask("SELECT status, error FROM invocations") == [("error", "MessageAbortedError")]


def test_a_call_has_its_project_its_provider_and_its_session(home: Path, store: Store) -> None:
    store.read_all(lay_out(named("O2"), home))
    found = store.ask("SELECT project, provider, session, door, latency_ms FROM invocations")
    assert found == [("widget", "openai", f"ses_{2:026d}", "log", 900)]


def test_all_rules_together_in_one_folder_give_the_sum(home: Path, store: Store, tmp_path: Path) -> None:
    """Each rule's stores under names of their own, as the databases of OpenCode's channels lie beside each other."""
    data = home / ".local/share/opencode"
    data.mkdir(parents=True)
    together = [rule for rule in RULES if rule.name not in ("O6", "O16", "no-tables")]
    for rule in together:
        source = lay_out(rule, tmp_path / rule.name) / ".local/share/opencode"
        for database in source.glob("opencode*.db"):
            database.rename(data / f"opencode-{rule.name}.db")
        for file in source.glob("storage/**/*.json"):
            place = data / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.rename(place)
    first = store.read_all(home)
    assert store.read_all(home) == first
    assert totals(store, "opencode") == summed(store) == added(*(expected(rule)["models"] for rule in together))


def test_rows_that_are_in_the_wal_alone_are_read_and_nothing_is_written(home: Path, store: Store) -> None:
    script = (named("O7") / "home/.local/share/opencode/opencode.db.sql").read_text()
    path = home / ".local/share/opencode/opencode.db"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=wal")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.executescript(script)
        wal = path.with_name("opencode.db-wal")
        before = path.read_bytes(), wal.read_bytes()
        assert b"msg_" not in before[0]
        store.read_all(home)
        assert (path.read_bytes(), wal.read_bytes()) == before
        assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "a lock was left"
    assert totals(store, "opencode") == expected(named("O7"))["models"]


def test_a_database_nobody_has_open_is_left_as_it_is(home: Path, store: Store) -> None:
    lay_out(named("O2"), home)
    data = home / ".local/share/opencode"
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    store.read_all(home)
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_xdg_data_home_is_honoured(home: Path, store: Store, tmp_path: Path) -> None:
    lay_out(named("O2"), home)
    (home / ".local/share").rename(tmp_path / "data")
    store.read_all(home, {"XDG_DATA_HOME": str(tmp_path / "data")})
    assert totals(store, "opencode") == expected(named("O2"))["models"]
