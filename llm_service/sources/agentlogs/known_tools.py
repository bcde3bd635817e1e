"""The tools whose logs are read. A new one is a module beside this and a line here."""

from __future__ import annotations

from llm_service.sources.agentlogs.claude_files import CLAUDE
from llm_service.sources.agentlogs.codex_files import CODEX
from llm_service.sources.agentlogs.opencode_files import OPENCODE
from llm_service.sources.agentlogs.tool import Tool

TOOLS: tuple[Tool, ...] = (CLAUDE, CODEX, OPENCODE)


def tool_named(name: str) -> Tool | None:
    """The tool of this name."""
    return next((tool for tool in TOOLS if tool.name == name), None)
