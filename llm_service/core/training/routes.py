"""The REST routes of training jobs."""

from __future__ import annotations

from llm_service.core.route import Param, Route
from llm_service.core.training import shapes as training_shapes

_KEY = Param("key", "the job's key; its id alone while only one server has such a job", "path", required=True)

TRAINING_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/training",
        training_shapes.JobList,
        "Training jobs, newest first: fine-tunes, skill trainings, pipelines and processes, also of earlier days.",
        (
            Param("source", "the name of a watched server"),
            Param("kind", "finetune, skill, pipeline or datagen"),
            Param("status", "queued, running, completed, failed, cancelled, stale, vanished or unknown"),
            Param("before", "`next` of the page before"),
            Param("limit", "jobs a page, 1 to 500, 100 by default"),
        ),
        errors=(400,),
    ),
    Route(
        "POST",
        "/api/training",
        training_shapes.JobAnswer,
        "Start a job (202). 409 with `job` where one runs already: look at that one. 400 with `fields`.",
        errors=(400, 409, 413, 502),
        body=training_shapes.StartJob,
    ),
    Route(
        "GET",
        "/api/training/adapters",
        training_shapes.Adapters,
        "Finished adapters with the rating of their loss, newest first; servers that did not answer in `troubles`.",
    ),
    Route(
        "GET",
        "/api/training/<key>",
        training_shapes.JobCard,
        "One job. 409 with `keys` where several servers have a job with this id.",
        (_KEY,),
        errors=(404, 409),
    ),
    Route(
        "DELETE",
        "/api/training/<key>",
        training_shapes.JobAnswer,
        "Have the job's server end it: pipelines and processes. 405 where the server has no way to.",
        (_KEY,),
        errors=(404, 405, 409, 502),
    ),
    Route(
        "POST",
        "/api/training/<key>/advance",
        training_shapes.JobAnswer,
        "Have a pipeline that waits go on with a step.",
        (_KEY,),
        errors=(400, 404, 405, 409, 413, 502),
        body=training_shapes.AdvanceJob,
    ),
)
