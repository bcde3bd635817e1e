"""A server that nobody watches was named."""

from __future__ import annotations

from llm_service.errors import LlmServiceError


class NoSuchSource(LlmServiceError):
    """No server of this name is watched; the sentence names those there are."""
