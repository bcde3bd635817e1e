"""A child process that looks prices up for its parent: the list and what reads it take 24 MB, and seldom are needed.

One line of JSON in, ``[[model, provider or null], …]``, one line out, ``{"version", "date", "quotes": [text, …]}`` in
the same order, or ``{"error": sentence}``. It ends when its input does, and by itself when nothing was asked for a
while, so that a server of a quiet day carries no second Python along.
"""

from __future__ import annotations

import json
import os
import select
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

IDLE_S = 20.0


def main() -> None:
    buffered = b""
    idle_s = float(sys.argv[1]) if len(sys.argv) > 1 else IDLE_S
    while select.select([0], [], [], idle_s)[0]:
        chunk = os.read(0, 1 << 16)
        if not chunk:
            return
        *lines, buffered = (buffered + chunk).split(b"\n")
        for line in lines:
            os.write(1, json.dumps(answer(json.loads(line))).encode() + b"\n")


def answer(asked: list[list[Any]]) -> dict[str, Any]:
    """The quotes for (model, provider) pairs, as JSON texts; ``null`` for what the list does not know."""
    try:
        from llm_service.core.pricing.text import quote_text
        from llm_service.telemetry.genai_lookup import find, newest_change
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the list, the parent must be told of it
        return {"error": f"the list of prices cannot be read ({type(error).__name__}: {error})"}
    quotes = [find(model, provider) for model, provider in asked]
    return {
        "version": version("genai-prices"),
        "date": newest_change(datetime.now(UTC).date()).isoformat(),
        "quotes": ["null" if quote is None else quote_text(quote) for quote in quotes],
    }


if __name__ == "__main__":
    main()
