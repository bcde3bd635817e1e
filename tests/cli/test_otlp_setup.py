"""`telemetry setup` prints lines that work as they stand: a shell that runs them has the variables and the token."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from llm_service.cli.otlp_setup import TOOLS, setup_lines

URL = "http://127.0.0.1:8123/"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "it's a token"
    path.write_text("s3cret\n")
    return path


def run(lines: list[str], then: str, home: Path) -> str:
    script = "\n".join([*lines, then])
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    return subprocess.run(["sh", "-eu"], input=script, env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "codex"])
def test_the_variables_name_this_dashboard_and_its_token(tool: str, token_file: Path, tmp_path: Path) -> None:
    lines = setup_lines(tool, URL, str(token_file))
    assert "s3cret" not in "".join(lines)
    said = run(lines, 'echo "$OTEL_EXPORTER_OTLP_ENDPOINT|$OTEL_EXPORTER_OTLP_HEADERS"', tmp_path)
    assert said == "http://127.0.0.1:8123|Authorization=Bearer s3cret\n"


def test_codexs_lines_add_a_table_that_is_valid_toml(token_file: Path, tmp_path: Path) -> None:
    (tmp_path / ".codex").mkdir()
    config = tmp_path / ".codex/config.toml"
    config.write_text('model = "gpt-5"\n')
    run(setup_lines("codex", URL, str(token_file)), "true", tmp_path)
    settings = tomllib.loads(config.read_text())
    exporter = settings["otel"]["exporter"]["otlp-http"]
    assert settings["model"] == "gpt-5"
    assert exporter["endpoint"] == "http://127.0.0.1:8123/v1/logs"
    assert exporter["headers"] == {"Authorization": "Bearer s3cret"}
