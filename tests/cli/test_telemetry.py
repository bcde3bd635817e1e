"""``llm-service telemetry`` with and without a dashboard."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.processes import command as run_beside
from tests.kit.server import Server
from tests.telemetry.test_old_database import old  # noqa: F401 - a fixture

Command = Callable[..., object]


def claude_line(number: int, *, model: str = "claude-sonnet-4-5", at: str = "2026-11-01T10:00:00.000Z") -> str:
    """A line as Claude Code writes it."""
    usage = {
        "input_tokens": 10, "output_tokens": 20, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
    }  # fmt: skip
    message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": model, "usage": usage}
    line = {"type": "assistant", "timestamp": at, "sessionId": "s-1", "requestId": f"req_{number}", "message": message}
    return json.dumps({**line, "cwd": "/w", "uuid": f"u{number}", "version": "2.0.0"})


@pytest.fixture
def logs(project: Path) -> Path:
    """A log of two calls and a line that is cut short, in the user's home."""
    folder = project.parent / ".claude/projects/-w"
    folder.mkdir(parents=True)
    file = folder / "11111111-2222-3333-4444-555555555555.jsonl"
    file.write_text(claude_line(1) + "\n" + '{"type": "assi\n' + claude_line(2, at="2026-11-02T10:00:00Z") + "\n")
    return file


def database(project: Path) -> Path:
    (found,) = project.parent.glob("state/llm-service/*/telemetry.db")
    return found


def test_a_row_is_recorded_without_a_dashboard(command: Command, project: Path) -> None:
    said = command("telemetry", "record", "gpt-4o", "--input-tokens", "1000", "--agent", "anna", "--id", "x", "--json")
    assert (said.code, json.loads(said.out)) == (0, {"accepted": 1, "duplicate": 0, "refused": []})
    assert command("telemetry", "record", "gpt-4o", "--id", "x").out == "This id is recorded already.\n"
    with closing(sqlite3.connect(database(project))) as db:
        assert db.execute("SELECT model, agent, tool, door, input_tokens FROM invocations").fetchall() == [
            ("gpt-4o", "anna", "cli", "api", 1000)
        ]
    assert not (project / "work").exists()


def test_a_row_that_cannot_be_is_refused_with_exit_one(command: Command) -> None:
    said = command("telemetry", "record", "gpt-4o", "--input-tokens", "-1")
    assert (said.code, said.out) == (1, "")
    assert "input_tokens is -1" in said.err
    assert command("telemetry", "record", "gpt-4o", "--timestamp", "2026-11-01").code == 1
    assert command("telemetry", "record", "gpt-4o", "--status", "fine").code == 2


def test_the_summary_reads_the_agents_logs_by_itself(command: Command, logs: Path, project: Path) -> None:
    said = command("telemetry", "summary", "--json")
    found = json.loads(said.out)
    model = {
        "messages": 2, "input": 20, "output": 40, "reasoning": 0, "cache_read": 200, "cache_write_5m": 20,
        "cache_write_1h": 40, "cache_write_unspecified": 0, "cost_usd": found["total"]["cost_usd"], "unpriced": 0,
    }  # fmt: skip
    assert found["models"] == {"claude-sonnet-4-5": model}
    assert found["total"] == model
    # $3 input, $15 output, $0.30 read, $3.75 and $6 written, for a million tokens each.
    assert found["total"]["cost_usd"] == pytest.approx((20 * 3 + 40 * 15 + 200 * 0.3 + 20 * 3.75 + 40 * 6) / 1e6)
    (source,) = found["sources"]
    assert (source["tool"], source["path"], source["lines"]) == ("claude-code", str(logs.parent.parent), 3)
    assert sum(source["skipped"].values()) == 1
    assert json.loads(command("telemetry", "summary", "--json").out)["models"] == found["models"]
    assert not (project / "work").exists()


def test_the_summary_of_a_time_and_of_logs_alone(command: Command, logs: Path) -> None:
    command("telemetry", "record", "gpt-4o", "--input-tokens", "5", "--timestamp", "2026-11-02T11:00:00Z")

    def models(*arguments: str) -> dict[str, int]:
        said = command("telemetry", "summary", "--json", "--timezone", "UTC", *arguments)
        assert said.code == 0, said.err
        return {name: found["messages"] for name, found in json.loads(said.out)["models"].items()}

    assert models() == {"claude-sonnet-4-5": 2, "gpt-4o": 1}
    assert models("--source", "logs") == {"claude-sonnet-4-5": 2}
    assert models("--since", "2026-11-02") == {"claude-sonnet-4-5": 1, "gpt-4o": 1}
    assert models("--since", "2026-11-02T10:30:00Z") == {"gpt-4o": 1}
    assert models("--since", "2026-11-02T10:30:00Z", "--source", "logs") == {}
    assert models("--since", "2026-11-01T10:00:00Z", "--source", "logs") == {"claude-sonnet-4-5": 2}
    assert models("--since", "1h") == {}
    said = command("telemetry", "summary", "--since", "last tuesday")
    assert (said.code, "is no time" in said.err) == (2, True)


def test_a_day_of_another_zone_is_counted_right_and_leaves_the_days_of_the_sums_alone(
    command: Command, logs: Path, project: Path
) -> None:
    times = ("2026-03-08T07:59:59.999Z", "2026-03-08T08:00:00Z", "2026-03-09T06:59:59.5Z", "2026-03-09T07:00:00Z")
    logs.write_text("".join(claude_line(place, at=at) + "\n" for place, at in enumerate(times)))
    days = (
        ("UTC", "2026-03-08", 4),
        ("America/Los_Angeles", "2026-03-08", 3),  # the night in which the clocks go on
        ("America/Los_Angeles", "2026-03-09", 1),
        ("Asia/Kolkata", "2026-03-09", 2),
        ("UTC", "2026-03-09", 2),
    )
    for zone, day, messages in days:
        said = command("telemetry", "summary", "--json", "--timezone", zone, "--since", day)
        assert json.loads(said.out)["total"]["messages"] == messages, (zone, day)
        with closing(sqlite3.connect(database(project))) as db:
            assert db.execute("SELECT value FROM facts WHERE name = 'zone'").fetchall() == [("UTC",)]
    said = command("telemetry", "export", "--table", "models", "--timezone", "Asia/Kolkata")
    assert said.code == 0
    assert "Days are those of UTC" in said.err


def test_a_damaged_database_is_moved_aside_in_words(command: Command, logs: Path, project: Path) -> None:
    command("telemetry", "summary")
    path = database(project)
    path.write_bytes(b"junk" * 999)
    said = command("telemetry", "summary", "--json")
    assert json.loads(said.out)["total"]["messages"] == 2
    assert "was damaged and was moved aside to" in said.err
    assert len(list(path.parent.glob("telemetry.db.damaged-*"))) == 1


def test_the_summary_as_a_table_names_what_has_no_price(command: Command, logs: Path) -> None:
    logs.write_text(claude_line(1, model="claude-nobody-knows-9") + "\n")
    said = command("telemetry", "summary")
    heading, line, total, source, advice = said.out.splitlines()
    assert heading.split()[:3] == ["MODEL", "MESSAGES", "INPUT"]
    assert line.split() == ["claude-nobody-knows-9", "1", "10", "20", "0", "100", "30", "-", "1"]
    assert total.split()[0] == "total"
    assert source.startswith("claude-code: 1 line in ")
    assert advice.endswith("llm-service telemetry prices")


def test_nothing_recorded_is_a_summary_too(command: Command) -> None:
    found = json.loads(command("telemetry", "summary", "--json").out)
    assert (found["models"], found["sources"], found["total"]["messages"]) == ({}, [], 0)
    *_, said = command("telemetry", "summary").out.splitlines()
    assert said.startswith("No agent's logs are in ")
    assert ".claude/projects" in said
    assert command("telemetry", "summary", "--no-agent-logs").out.splitlines()[-1].startswith("total")


def test_logs_are_left_alone_where_the_setting_says_so(command: Command, logs: Path) -> None:
    assert json.loads(command("telemetry", "summary", "--json", "--no-agent-logs").out)["models"] == {}


def test_the_older_database_is_taken_over_once_with_both_sums(command: Command, old: Path) -> None:  # noqa: F811
    said = command("telemetry", "import", str(old), "--json")
    done = json.loads(said.out)
    assert (done["accepted"], done["duplicate"], done["refused"]) == (3, 0, 0)
    assert done["source"] == done["taken"] == {"rows": 3, "input_tokens": 107, "output_tokens": 20, "cost_usd": 0.25}
    assert done["equal"] is True
    again = command("telemetry", "import", str(old))
    assert "0 rows taken, 3 known already, 0 refused" in again.out
    assert "107 tokens in" in again.out
    models = json.loads(command("telemetry", "summary", "--json").out)["models"]
    assert models["gpt-4o"]["messages"] == 2
    assert models["unknown"]["unpriced"] == 1


def test_what_cannot_be_imported_is_listed_with_its_line(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("model,input_tokens\nm,1\nm,-1\nm,2\nm,x\n")
    said = command("telemetry", "import", str(file))
    assert said.code == 0
    assert "2 rows taken, 0 known already, 2 refused" in said.out
    assert "line 3: input_tokens is -1" in said.out
    assert "line 5: input_tokens is 'x'" in said.out
    file.write_text("model,input_tokens\nm,-1\n")
    assert command("telemetry", "import", str(file)).code == 1
    assert command("telemetry", "import", str(tmp_path / "none.csv")).code == 2


def test_an_export_can_be_imported_again(command: Command, tmp_path: Path, project: Path) -> None:
    command(
        "telemetry",
        "record",
        "gpt-4o",
        "--input-tokens",
        "7",
        "--agent",
        "=cmd()",
        "--node",
        "spark",
        "--cost-usd",
        "0.5",
        "--id",
        "a",
    )
    command("telemetry", "record", "gpt-4o", "--output-tokens", "3", "--id", "b")
    for form in ("csv", "json"):
        file = tmp_path / f"out.{form}"
        said = command("telemetry", "export", "--format", form, "-o", str(file), "--json")
        assert json.loads(said.out)["bytes"] == file.stat().st_size
        elsewhere = ("--state-dir", str(tmp_path / f"state-{form}"))
        assert json.loads(command("telemetry", "import", str(file), "--json", *elsewhere).out)["accepted"] == 2
        with closing(sqlite3.connect(tmp_path / f"state-{form}" / "telemetry.db")) as db:
            names = "invocation_id, agent, node, reported_nano, door"
            rows = db.execute(f"SELECT {names} FROM invocations ORDER BY 1").fetchall()
        assert rows == [("a", "=cmd()", "spark", 500_000_000, "import"), ("b", None, None, None, "import")]
    assert "'=cmd()" in (tmp_path / "out.csv").read_text()
    nodes = json.loads(command("telemetry", "export", "--table", "nodes", "--format", "json").out)
    assert [(row["name"], row["cost_usd"]) for row in nodes] == [("spark", 0.5), ("", 0.00003)]
    assert command("telemetry", "export", "-o", str(tmp_path / "out.csv")).code == 2
    assert command("telemetry", "export", "--from", "nonsense").code == 2


def test_check_says_what_differs(command: Command, project: Path) -> None:
    command("telemetry", "record", "gpt-4o", "--input-tokens", "7")
    said = command("telemetry", "check", "--json")
    assert (said.code, json.loads(said.out)["ok"]) == (0, True)
    with closing(sqlite3.connect(database(project))) as db:
        db.execute("UPDATE rollups SET input_tokens = 8 WHERE dimension = 'model' AND width = 'day'")
        db.commit()
    said = command("telemetry", "check")
    assert said.code == 1
    assert "1 differ" in said.out
    assert "gpt-4o" in said.out


def test_a_backup_is_a_whole_database(command: Command, project: Path, tmp_path: Path) -> None:
    command("telemetry", "record", "gpt-4o")
    copy = tmp_path / "copy.db"
    said = command("telemetry", "backup", str(copy), "--json")
    assert json.loads(said.out) == {"path": str(copy), "bytes": copy.stat().st_size}
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*) FROM invocations").fetchone() == (1,)
    assert command("telemetry", "backup", str(copy)).code == 1
    assert command("telemetry", "backup", str(tmp_path)).code == 0


def test_beside_a_dashboard_rows_go_through_it(server: Server, tmp_path: Path) -> None:
    where = ("--watch-dir", str(server.root), "--state-dir", str(server.state_dir))

    def telemetry(*arguments: str) -> dict:
        done = run_beside(server, "telemetry", *arguments, *where, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert telemetry("record", "gpt-4o", "--input-tokens", "7")["accepted"] == 1
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"model": "gpt-4o", "input_tokens": n}) + "\n" for n in range(2_500)))
    assert telemetry("import", str(file))["accepted"] == 2_500
    assert telemetry("import", str(file))["duplicate"] == 2_500
    totals = server.get_json("/api/costs/now")["models"]
    assert [model["invocations"] for model in totals] == [2_501]
    assert telemetry("summary")["total"]["messages"] == 2_501
    assert telemetry("check")["ok"] is True
