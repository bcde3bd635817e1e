"""What can be wrong with a request about runs; each says what to do instead."""

from __future__ import annotations

from llm_service.errors import LlmServiceError


class NoSuchRun(LlmServiceError):
    """There is no run, or no batch, of this name."""


class TooManyBatches(LlmServiceError):
    """So many batches are being sent that another has to wait."""
