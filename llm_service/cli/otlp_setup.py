"""``llm-service telemetry setup``: the lines that make a tool send its OpenTelemetry here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import say
from llm_service.cli.session import Session, pass_session
from llm_service.instance import Home
from llm_service.settings import Settings

TOOLS = ("claude", "codex", "opencode", "gemini", "copilot", "other")

_STANDARD = (
    "export OTEL_EXPORTER_OTLP_PROTOCOL={protocol}",
    "export OTEL_EXPORTER_OTLP_ENDPOINT={url}",
    'export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer $(cat {token})"',
)
_LINES: Mapping[str, tuple[str, ...]] = {
    # Claude Code ignores OTEL variables in a project's settings file; the shell or the user's settings set them.
    "claude": (
        "export CLAUDE_CODE_ENABLE_TELEMETRY=1",
        "export OTEL_METRICS_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp",
        *_STANDARD,
    ),
    "codex": (
        "cat >> ~/.codex/config.toml <<EOF",
        "[otel]",
        "log_user_prompt = false",
        "[otel.exporter.otlp-http]",
        'endpoint = "{bare_url}/v1/logs"',
        'protocol = "json"',
        'headers = {{ "Authorization" = "Bearer $(cat {token})" }}',
        "EOF",
    ),
    "opencode": ("# OpenCode needs the plugin opencode-plugin-otel.", *_STANDARD),
    "gemini": ("export GEMINI_TELEMETRY_ENABLED=true GEMINI_TELEMETRY_OTLP_PROTOCOL=http", *_STANDARD),
    "copilot": _STANDARD,
    "other": _STANDARD,
}
_PROTOCOLS = {"gemini": "http/protobuf", "copilot": "http/protobuf"}
"""Tools that cannot send JSON; the dashboard needs `pip install 'llm-service[otlp]'` for them."""


@click.command()
@click.argument("tool", type=click.Choice(TOOLS))
@settings_options("watch_dir", "state_dir")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@pass_session
def setup(session: Session, flags: Mapping[str, object], tool: str, as_json: bool) -> None:
    """Print the lines that make TOOL send its tokens and costs to the dashboard over OpenTelemetry.

    The token is read from its file when the lines run, and is not printed. Claude Code, Codex and OpenCode need none of
    this where their own logs are read on this machine.
    """
    settings = session.settings(flags)
    url, token = _address(settings)
    lines = setup_lines(tool, url, token)
    if as_json:
        say(json.dumps({"tool": tool, "url": url, "token_file": token, "lines": lines}, indent=2))
        return
    if not settings.otlp:
        say("# The dashboard takes OpenTelemetry only when started with --otlp (or `otlp = true` in the user's file).")
    for line in lines:
        say(line)


def setup_lines(tool: str, url: str, token_file: str) -> list[str]:
    """The lines for a shell. `url` is the dashboard's, `token_file` the file with its token."""
    values = {
        "protocol": _PROTOCOLS.get(tool, "http/json"),
        "url": shlex.quote(url.rstrip("/")),
        "bare_url": url.rstrip("/"),
        "token": shlex.quote(token_file),
    }
    return [line.format(**values) for line in _LINES[tool]]


def _address(settings: Settings) -> tuple[str, str]:
    """Where the dashboard is, or would be."""
    home = Home.of(settings)
    if record := home.running():
        return record.url, record.token_file or str(home.state_dir / "token")
    return f"http://127.0.0.1:{settings.port}/", str(home.state_dir / "token")
