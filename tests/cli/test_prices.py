"""`telemetry prices` and `telemetry reprice`, alone and through a running dashboard."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.settings import read_prices
from llm_service.telemetry.database import Database
from llm_service.telemetry.prices import Pricing
from llm_service.telemetry.recorder import Recorder
from tests.cli.processes import command as run_beside
from tests.kit.server import Server

PATIENT_S = 60.0
"""A row whose price comes later is recorded without one; these tests are about rows that have theirs."""
AT_MS = 1_795_176_000_000  # 2026-11-20T12:00:00Z


def record(state_dir: Path, models: list[str], own: dict | None = None) -> None:
    """A row of 1,000 tokens of input for each model."""
    database = Database.open(state_dir, zone="UTC", now_ms=lambda: AT_MS)
    pricing = Pricing(database, read_prices(own or {}), wait_s=PATIENT_S)
    recorder = Recorder(database, pricing, now_ms=lambda: AT_MS)
    recorder.start()
    try:
        rows = [Invocation(f"id-{model}", AT_MS, model, "tool", input_tokens=1_000) for model in models]
        assert recorder.record(rows).accepted == len(models)
    finally:
        recorder.stop()
        pricing.stop()


def costs(state_dir: Path) -> dict[str, int | None]:
    with closing(sqlite3.connect(state_dir / "telemetry.db")) as connection:
        return dict(connection.execute("SELECT model, cost_nano FROM invocations"))


@pytest.fixture
def asked(command: Callable, project: Path) -> Callable:
    """Runs a command of `telemetry` about a state directory of its own."""
    return lambda *words: command("telemetry", *words, "--state-dir", str(project.parent / "kept"))


def test_a_models_price_is_told_with_source_date_and_how_it_was_found(asked):
    said = asked("prices", "anthropic/claude-sonnet-4.5")
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines()]
    assert lines[0] == ["anthropic/claude-sonnet-4.5:"]
    assert lines[1][:2] == ["Source", "genai-prices"]
    assert "whose newest price change is of 20" in said.out
    assert ["Listed", "claude-sonnet-4-5", "of", "anthropic"] in lines
    assert lines[3][0] == "Found"
    assert "input          $3.00 per million, $6.00 above 200,000 tokens of input" in said.out
    assert "web_search     $10.00 per thousand" in said.out
    assert "served as batch, since 2026-10-14 (UTC)" in said.out


def test_looking_makes_nothing(asked, project: Path):
    assert asked("prices", "gpt-5").code == 0
    assert asked("prices").code == 0
    assert asked("reprice").code == 0
    assert not (project.parent / "kept").exists()


def test_the_fix_for_a_local_model_is_one_line_that_works(asked, project: Path):
    said = asked("prices", "qwen3:30b")
    assert said.code == 1
    fix = said.out.splitlines()[-1].strip()
    assert fix == 'prices."qwen3:30b" = { free = true }'
    (project / "llm-service.toml").write_text(fix + "\n")
    said = asked("prices", "qwen3:30b")
    assert (said.code, said.out.splitlines()[0]) == (0, "qwen3:30b: free")


def test_the_fix_for_an_unknown_model_must_be_filled_in(asked, project: Path):
    said = asked("prices", "our-model")
    assert said.code == 1
    fix = said.out.splitlines()[-1].strip()
    (project / "llm-service.toml").write_text(fix + "\n")
    said = asked("prices", "our-model")
    assert said.code == 2
    assert "not valid TOML" in said.err
    (project / "llm-service.toml").write_text(fix.replace("DOLLARS", "0.25") + "\n")
    said = asked("prices", "our-model")
    assert said.code == 0
    assert '[prices."our-model"] of the settings' in said.out
    assert "$0.25 per million" in said.out


def test_a_price_that_cannot_be_used_is_refused_with_its_place(asked, project: Path):
    (project / "llm-service.toml").write_text("port = 1\n\n[prices.m]\ninput = -1\noutput = 2\n")
    said = asked("prices", "m")
    assert said.code == 2
    assert said.err == (
        'llm-service: prices: [prices."m"] input is -1; allowed: a number of US dollars from 0 to 1,000,000'
        f" (from {project}/llm-service.toml:3, key prices)\n"
    )


def test_without_a_model_it_lists_what_is_used_and_what_is_missing(asked, project: Path):
    record(project.parent / "kept", ["gpt-5", "qwen3:30b", "our-model"])
    said = asked("prices")
    assert said.code == 0
    assert ["gpt-5", "-", "$1.25", "$10.00", "$0.125", "-", "genai-prices"] in [
        line.split()[:7] for line in said.out.splitlines()
    ]
    assert "2 models unpriced, counted in no sum of dollars:" in said.out
    assert "  our-model: 1 call, 1,000 tokens; genai-prices has no price per token for it" in said.out
    assert '  prices."qwen3:30b" = { free = true }' in said.out
    page = json.loads(asked("prices", "--json").out)
    assert {model["model"] for model in page["unpriced"]} == {"qwen3:30b", "our-model"}
    assert page["in_use"][0]["prices"][0]["now"][0] == {"name": "input", "usd": 1.25, "per": 1_000_000, "tiers": []}


def test_reprice_previews_first_and_applies_when_told_to(asked, project: Path):
    kept = project.parent / "kept"
    record(kept, ["gpt-5", "our-model"])
    (project / "llm-service.toml").write_text('prices."our-*" = { input = 2, output = 4 }\n')
    said = asked("reprice")
    assert said.code == 0
    assert ["our-model", "-", "1", "1", "-", "$0.002000"] in [line.split() for line in said.out.splitlines()]
    assert "Would change 1 call: $0.000000 becomes $0.002000." in said.out
    assert costs(kept) == {"gpt-5": 1_250_000, "our-model": None}
    done = json.loads(asked("reprice", "--apply", "--json").out)
    assert (done["applied"], done["invocations"], done["after_usd"]) == (True, 1, 0.002)
    assert costs(kept) == {"gpt-5": 1_250_000, "our-model": 2_000_000}
    assert "nothing to change" in asked("reprice", "--apply").out


def test_a_running_dashboard_answers_by_its_own_settings(make_server: Callable[..., Server]):
    server = make_server()
    record(server.state_dir, ["our-model"])
    settings = server.error_file.parent / "llm-service.toml"
    settings.write_text('prices."our-*" = { input = 2, output = 4 }\n')
    server.start()
    settings.unlink()
    where = ("--watch-dir", str(server.root), "--state-dir", str(server.state_dir))
    said = run_beside(server, "telemetry", "prices", "our-model", *where)
    assert said.returncode == 0, said.stderr
    assert "$2.00 per million" in said.stdout
    said = run_beside(server, "telemetry", "reprice", "--apply", *where)
    assert said.returncode == 0, said.stderr
    assert "Changed 1 call:" in said.stdout
    assert costs(server.state_dir) == {"our-model": 2_000_000}
