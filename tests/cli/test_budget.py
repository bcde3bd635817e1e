"""`llm-service budget` with and without a running dashboard: exit codes that a script can go by."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.telemetry.database import Database
from llm_service.telemetry.recorder import Recorder
from tests.cli.processes import command as run_beside
from tests.telemetry.budget_kit import NoPrices

SETTINGS = """
timezone = "UTC"
[[budgets]]
name = "Everything"
period = "month"
usd = 100.0
[[agent_budgets]]
period = "day"
usd = 2.0
"""


@pytest.fixture
def state(project: Path) -> Path:
    """A project with budgets and a state directory in which nothing is kept yet."""
    (project / "llm-service.toml").write_text(SETTINGS)
    return project.parent / "kept"


def spend(state: Path, usd: float, agent: str = "anna") -> None:
    """One call, kept as the dashboard would keep it."""
    now_ms = time.time_ns() // 1_000_000
    database = Database.open(state, zone="UTC", now_ms=lambda: now_ms)
    recorder = Recorder(database, NoPrices(), now_ms=lambda: now_ms)
    recorder.start()
    row = Invocation(f"i{time.perf_counter_ns()}", now_ms, "m", "script", agent=agent, input_tokens=10,
                     reported_nano=round(usd * 10**9))  # fmt: skip
    recorder.record([row])
    recorder.stop()


def test_the_check_exits_1_only_when_a_budget_of_the_agent_is_over(command, state: Path) -> None:
    at = ("--state-dir", str(state))
    said = command("budget", "check", "--agent", "anna", *at)
    assert (said.code, said.out) == (0, "ok: Everything: 0 % used, $0.00 of $100.00\n")
    spend(state, 1.7)
    said = command("budget", "check", "--agent", "anna", *at)
    assert (said.code, said.out) == (0, "warn: anna per day: 85 % used, $1.70 of $2.00\n")
    spend(state, 0.3)
    said = command("budget", "check", "--agent", "anna", *at)
    assert (said.code, said.out) == (1, "over: anna per day: 100 % used, $2.00 of $2.00\n")
    assert command("budget", "check", "--agent", "bert", *at).code == 0
    assert command("budget", "check", *at).code == 1


def test_the_check_prints_json_with_the_same_exit_code(command, state: Path) -> None:
    spend(state, 5)
    said = command("budget", "check", "--agent", "anna", "--json", "--state-dir", str(state))
    found = json.loads(said.out)
    assert said.code == 1
    assert found["state"] == "over"
    assert [(one["name"], one["state"]) for one in found["budgets"]] == [("anna per day", "over"), ("Everything", "ok")]


def test_the_check_neither_makes_nor_changes_anything(command, state: Path) -> None:
    assert command("budget", "check", "--state-dir", str(state)).code == 0
    assert not state.exists()
    spend(state, 1)
    before = (state / "telemetry.db").read_bytes()
    assert command("budget", "check", "--state-dir", str(state)).code == 0
    assert (state / "telemetry.db").read_bytes() == before


def test_what_cannot_be_told_is_3_and_wrong_usage_2(command, state: Path) -> None:
    state.mkdir(mode=0o700)
    (state / "telemetry.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5_000)
    said = command("budget", "check", "--state-dir", str(state))
    assert said.code == 3
    assert said.err.startswith("llm-service: cannot tell what was used: ")
    assert len(said.err.splitlines()) == 1
    assert command("budget", "check", "--agnet", "anna").code == 2


def test_a_budget_is_set_changed_listed_and_cleared_without_a_dashboard(command, state: Path) -> None:
    at = ("--state-dir", str(state))
    assert command("budget", "set", "Night", "--model", "m", "--period", "week", "--tokens", "500", *at).code == 0
    assert command("budget", "set", "Night", "--model", "m", "--period", "week", "--tokens", "700", *at).code == 0
    lines = command("budget", "list", *at).out.splitlines()
    assert [line.split()[0] for line in lines] == ["STATE", "ok", "ok"]
    assert "0 tokens of 700 tokens" in lines[2]
    assert command("budget", "clear", "Night", *at).out == "Night: removed\n"
    said = command("budget", "clear", "Night", *at)
    assert (said.code, said.err) == (2, "llm-service: there is no budget Night\n")


def test_an_agents_own_limit_is_set_and_cleared(command, state: Path) -> None:
    at = ("--state-dir", str(state))
    spend(state, 3)
    assert command("budget", "check", "--agent", "anna", *at).code == 1
    said = command("budget", "set", "--agent", "anna", "--period", "day", "--usd", "10", *at)
    assert (said.code, said.out) == (0, "anna per day: 30 % used, $3.00 of $10.00\n")
    (own,) = [one for one in json.loads(command("budget", "list", "--json", *at).out)["budgets"] if one["overridden"]]
    assert own["limit_usd"] == 10.0
    assert command("budget", "check", "--agent", "anna", *at).code == 0
    assert command("budget", "clear", "anna per day", *at).out == "anna per day: cleared\n"
    assert command("budget", "check", "--agent", "anna", *at).code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--period", "day"), "give exactly one limit, --usd or --tokens"),
        (("--period", "day", "--usd", "0"), "--usd: 0.0 is not allowed"),
        (("--period", "day", "--usd", "nan"), "--usd: nan is not allowed"),
        (("--period", "day", "--usd", "1", "--threshold", "0"), "thresholds: [0] is not allowed"),
        (("--period", "day", "--usd", "1", "--agent", "a", "--model", "b"), "a budget is about one thing"),
        (("Everything", "--period", "month", "--usd", "1"), "'Everything' stands in llm-service.toml"),
        (("--usd", "1"), "Missing option '--period'"),
    ],
)
def test_a_budget_that_cannot_be_set_is_refused_in_one_line(
    command, state: Path, arguments: tuple[str, ...], words: str
) -> None:
    said = command("budget", "set", *arguments, "--state-dir", str(state))
    assert said.code == 2
    assert words in said.err
    assert len(said.err.splitlines()) == 1


def test_a_name_cannot_steer_the_terminal(command, state: Path) -> None:
    spend(state, 3, agent="\x1b[31mred")
    said = command("budget", "check", "--state-dir", str(state))
    assert said.code == 1
    assert "\x1b" not in said.out
    assert "\ufffd[31mred per day" in said.out


def test_the_secret_of_the_webhook_is_masked(command, project: Path) -> None:
    secret = "https://hooks.example/services/very-secret-part"
    said = command("config", "show", LLM_SERVICE_BUDGET_WEBHOOK=secret)
    assert said.code == 0
    assert "very-secret-part" not in said.out
    assert '"***"' in said.out
    wrong = command("config", "show", LLM_SERVICE_BUDGET_WEBHOOK="ftp://hooks.example/very-secret-part")
    assert wrong.code == 2
    assert "very-secret-part" not in wrong.err
    (project / "llm-service.toml").write_text(f'budget_webhook = "{secret}"\n')
    said = command("config", "show")
    assert said.code == 2
    assert "cannot be set by a project's file" in said.err
    assert "LLM_SERVICE_BUDGET_WEBHOOK or the user's file" in said.err
    assert "very-secret-part" not in said.err


def test_with_a_running_dashboard_changes_go_through_it_and_the_check_sees_them(server) -> None:
    where = ("--watch-dir", str(server.root), "--state-dir", str(server.state_dir))
    made = run_beside(server, "budget", "set", "--agent", "anna", "--period", "day", "--usd", "2", *where, "--json")
    assert made.returncode == 0, made.stderr
    assert [one["name"] for one in server.get_json("/api/budgets")["budgets"]] == ["anna per day"]
    checked = run_beside(server, "budget", "check", "--agent", "anna", *where)
    assert (checked.returncode, checked.stdout) == (0, "ok: anna per day: 0 % used, $0.00 of $2.00\n")
    refused = run_beside(server, "budget", "clear", "nonesuch", *where)
    assert refused.returncode == 1
    assert "there is no budget nonesuch" in refused.stderr
    assert run_beside(server, "budget", "clear", json.loads(made.stdout)["id"], *where).returncode == 0
    assert server.get_json("/api/budgets")["budgets"] == []


def test_the_check_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom llm_service.cli import budget_door\n"
        "heavy = ('sqlite_utils', 'flask', 'requests', 'pydantic', 'genai_prices', 'tzlocal', 'watchdog')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
