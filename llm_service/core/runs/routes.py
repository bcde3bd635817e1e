"""The REST routes of data-generation runs and their launches."""

from __future__ import annotations

from llm_service.core.route import Param, Route
from llm_service.core.runs import shapes as run_shapes

_KEY = Param(
    "key",
    "the run's key, `<source>:<id>`, percent-encoded as one part of the address; its id alone works while only one"
    " server has it",
    "path",
    True,
)
_BATCH = Param("id", "the batch's id, as it was launched with", "path", required=True)
_FILTERS = (
    Param("source", "only runs of this server"),
    Param("status", "one of queued, running, completed, failed, cancelled, vanished, unknown"),
    Param("model", "only runs of this model"),
    Param("q", "words that must all occur in id, task, type, domain, model, node, agent, snippet or error"),
)
_SEVERAL = 409

RUN_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/runs",
        run_shapes.RunList,
        "Runs of all watched servers, newest first: live ones as they stand now, and the kept history.",
        (
            *_FILTERS,
            Param("before", "`next` of the page before"),
            Param("limit", "runs a page, 1 to 500, 100 by default"),
        ),
        errors=(400,),
    ),
    Route(
        "POST",
        "/api/runs",
        run_shapes.Launched,
        "Launch a batch of workers, sent 300 ms apart; answers 202. The whole form is judged first: 400 has `fields`,"
        " a sentence for each wrong one. The same batch id again is the same batch.",
        errors=(400, 413, 429),
        body=run_shapes.Launch,
    ),
    Route(
        "GET",
        "/api/runs/export.csv",
        None,
        "The runs as CSV, newest first.",
        (*_FILTERS, Param("ended", "`true`: only runs that ended, which are those of the feed")),
        errors=(400,),
    ),
    Route(
        "GET",
        "/api/runs/<key>",
        run_shapes.RunDetail,
        "A run and the first events of its chain.",
        (_KEY,),
        errors=(404, _SEVERAL, 503),
    ),
    Route(
        "DELETE",
        "/api/runs/<key>",
        run_shapes.OneRun,
        "Ask the run's server to cancel it; answers 202 with the run as it stands then.",
        (_KEY,),
        errors=(404, _SEVERAL, 502, 503),
    ),
    Route(
        "GET",
        "/api/runs/<key>/events",
        run_shapes.RunEvents,
        "Events of a run in their order.",
        (
            _KEY,
            Param("after", "`next_n` of the page before, 0 at first"),
            Param("limit", "events a page, 1 to 2000, 500 by default"),
        ),
        errors=(400, 404, _SEVERAL, 503),
    ),
    Route(
        "GET",
        "/api/batches/<id>",
        run_shapes.Launched,
        "How a launch stands: which workers were started, which failed, how many are left.",
        (_BATCH,),
        errors=(404,),
    ),
    Route(
        "POST",
        "/api/batches/<id>/rest",
        run_shapes.Launched,
        "Start the workers that a launch has left after a failure; answers 202.",
        (_BATCH,),
        errors=(404, 429),
    ),
)
