"""A child process that reads logs for its parent, so that a first import of gigabytes does not slow the live page.

Speaks pickles over its own standard input and output; a parent that reads slowly makes it wait.
"""

from __future__ import annotations

import os
import sys

from llm_service.sources.agentlogs.jobs import Facts, Order, read_jobs
from llm_service.sources.agentlogs.known_tools import tool_named
from llm_service.sources.parse_worker import receive, send

DONE = "done"


def main() -> None:
    os.nice(10)
    asked = receive(sys.stdin.buffer)
    if asked is None:
        return
    assert isinstance(asked, tuple)
    orders: list[Order]
    facts: Facts
    orders, facts, now_ms = asked
    jobs = [order.job(tool) for order in orders if (tool := tool_named(order.tool)) is not None]
    for batch in read_jobs(jobs, facts, now_ms):
        send(sys.stdout.buffer, batch)
    send(sys.stdout.buffer, DONE)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        # The parent is gone, and with it whoever could record anything; nothing is left to be written at the exit.
        os._exit(1)
