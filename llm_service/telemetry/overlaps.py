"""What was seen through more than one door: told beside the sums, never in them."""

from __future__ import annotations

import sqlite3

from llm_service.core.agentlogs.shapes import AlsoSeen, MayOverlap

# Both conditions are word for word those of a partial index, which holds nothing else: no other row is looked at.
_ALSO_SEEN = (
    "SELECT tool, count(DISTINCT session), count(*), total(cost_nano) FROM invocations WHERE counted = 0 GROUP BY tool"
)
_MAY_OVERLAP = (
    "SELECT count(*), total(cost_nano) FROM invocations"
    " WHERE door IN ('otlp-logs', 'otlp-metrics') AND session IS NULL AND counted = 1"
)


def also_seen(connection: sqlite3.Connection) -> list[AlsoSeen]:
    """Per tool what lesser doors told of sessions that a better one told of too."""
    return [
        {"tool": tool, "sessions": sessions, "invocations": invocations, "cost_usd": round(nano / 1e9, 9)}
        for tool, sessions, invocations, nano in map(tuple, connection.execute(_ALSO_SEEN))
    ]


def may_overlap(connection: sqlite3.Connection) -> MayOverlap:
    """What came over OTLP without a session: it is counted, and may be what a log tells of too."""
    invocations, nano = connection.execute(_MAY_OVERLAP).fetchone()
    return {"invocations": invocations, "cost_usd": round(nano / 1e9, 9)}
