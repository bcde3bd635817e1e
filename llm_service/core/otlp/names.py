"""The names under which tools tell of usage: the one place that knows them, old ones and new ones.

Claude Code: its monitoring documents (``claude_code.*``). Codex: ``codex-rs/otel``. OpenCode: the plugin
opencode-plugin-otel, which takes over Claude Code's names. GenAI: open-telemetry/semantic-conventions-genai, where
``gen_ai.system`` became ``gen_ai.provider.name``, and prompt and completion became input and output.
"""

from __future__ import annotations

CLAUDE = "claude-code"
CODEX = "codex"
OPENCODE = "opencode"

LIKE_CLAUDE = {"claude_code": CLAUDE, "opencode": OPENCODE}
"""First part of a name to tool: those that speak as Claude Code does."""

MODEL = ("gen_ai.response.model", "gen_ai.request.model")
PROVIDER = ("gen_ai.provider.name", "gen_ai.system")
INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
CACHE_READ = ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens")
CACHE_WRITE = ("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens")
REASONING = ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens")
SESSION = ("session.id", "conversation.id", "gen_ai.conversation.id")
AGENT = ("gen_ai.agent.name", "agent.name", "query_source")
NODE = "host.name"
"""Of the resource: the machine that the program ran on which made the call."""
RESPONSE = ("gen_ai.response.id", "request_id")

CALLS = frozenset({"chat", "text_completion", "generate_content", "embeddings", "responses", "completion"})
"""Operations that call a model once. What an agent or a tool did holds such calls and is never added to them."""

TOKEN_USAGE = "gen_ai.client.token.usage"  # noqa: S105 - a metric's name
"""A histogram; its sum is the tokens. ``gen_ai.token.type`` is input or output (once: completion)."""
