"""Records what calls of models used: `record`, the timer `call`, and `flush`.

Nothing here blocks or raises into the program that calls it: rows are handed to a thread in the background, which sends
them to the dashboard that runs, or keeps them on disk until one does. A row that cannot be taken is logged once a
reason (logger `llm_service.telemetry`) and counted in `counts()`. With `LLM_SERVICE_TELEMETRY=0` nothing is done.
"""

from __future__ import annotations

from llm_service.telemetry.calling import Call
from llm_service.telemetry.recording import call, counts, flush, record

__all__ = ["Call", "call", "counts", "flush", "record"]
