"""The REST routes of handing invocations in and looking at them."""

from __future__ import annotations

from llm_service.core.invocations.ingest_shapes import Ingested, InvocationRows
from llm_service.core.route import Param, Route

INGEST_ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/api/telemetry/invocations",
        Ingested,
        "Hands in invocations: `{rows: […]}` or the bare list, at most 20,000 rows and 16 MiB, also gzipped. Answered"
        " once they are written; a row that cannot be taken is named with its reason and costs no other row.",
        (Param("door", "import: the rows come from another program's records. Default: api"),),
        errors=(400, 413, 415, 503),
        body=InvocationRows,
    ),
)
