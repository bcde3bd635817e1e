"""The REST routes of the feed, machines, queues, commands, and of what is read from watched servers on demand."""

from __future__ import annotations

from llm_service.core.operations import analytics_shapes, command_shapes, model_shapes, node_shapes
from llm_service.core.route import Param, Route
from llm_service.core.runs import shapes as run_shapes

_SOURCE = Param("source", "the name of a watched server; without it all of them")
_OF_SOURCE = Param("source", "the name of a watched server", "path", required=True)
_DATASET = Param("key", "the dataset's key, `<source>:<id>`", "path", required=True)
_JOB = (
    _OF_SOURCE,
    Param("id", "the active job's id", "path", required=True),
    Param("name", "the machine", "path", required=True),
)

OPERATION_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/feed",
        run_shapes.Feed,
        "Runs that ended, the last first, each with its best snippet; as far back as runs are kept.",
        (
            _SOURCE,
            Param("model", "only runs of this model"),
            Param("status", "completed, failed, cancelled or vanished"),
            Param("q", "words that must all occur in id, task, model, node, agent, snippet or error"),
            Param("before", "`next` of the page before"),
            Param("limit", "entries, 1 to 200, 50 by default"),
        ),
        errors=(400, 503),
    ),
    Route("GET", "/api/nodes", node_shapes.NodesSnapshot, "All machines with their load, and that of the last hour."),
    Route("GET", "/api/queue", node_shapes.QueueSnapshot, "What each server has to do, and its active job."),
    Route(
        "POST",
        "/api/queue/cancel",
        command_shapes.CancelAnswer,
        "Cancel runs that wait, one by one, 100 ms apart; never one that has begun. The answer says of each what came.",
        errors=(400, 404, 415),
        body=command_shapes.CancelWanted,
    ),
    Route(
        "POST",
        "/api/coordinator/<source>/add-node",
        command_shapes.CommandDone,
        "Let a machine help with the active job.",
        (_OF_SOURCE,),
        errors=(400, 404, 409, 415, 502, 503),
        body=command_shapes.NodeWanted,
    ),
    *(
        Route(
            "PUT",
            f"/api/coordinator/<source>/jobs/<id>/nodes/<name>/{deed}",
            command_shapes.CommandDone,
            about,
            _JOB,
            errors=(400, 404, 409, 502, 503),
        )
        for deed, about in (
            ("pause", "Pause a machine's part in the active job."),
            ("resume", "Let a machine's part in the active job go on."),
        )
    ),
    Route(
        "GET",
        "/api/analytics",
        analytics_shapes.Analytics,
        "Runs of a range together: totals, by day, by model, and tokens a second by machine and time.",
        (Param("range", "24h, 7d (the default), 30d or all"), _SOURCE),
        errors=(400, 404),
    ),
    Route("GET", "/api/datasets", node_shapes.Datasets, "All datasets, and how they grew as far as it was seen here."),
    *(
        Route(
            "GET",
            f"/api/datasets/<key>/{part}",
            node_shapes.DatasetPart,
            about,
            (_DATASET,),
            errors=(404, 502, 503),
        )
        for part, about in (
            ("stats", "What a dataset's server counted of it."),
            ("examples", "At most five previews of at most 600 characters."),
            ("provenance", "How a dataset was made, step by step."),
        )
    ),
    Route("GET", "/api/models", model_shapes.Models, "Models: registry with leaderboard, evaluations, and local ones."),
    Route(
        "GET",
        "/api/qa",
        model_shapes.QaFeed,
        "Questions with answers as they were generated, newest first; hidden where no server has them.",
        (Param("run", "only those of this run: its key, or its id"),),
    ),
)
