"""What leaves the house about fine-tunes, skill trainings, pipelines and their loss."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from llm_service.core.operations.node_shapes import Trouble

JobStatus = Literal["queued", "running", "completed", "failed", "cancelled", "stale", "vanished", "unknown"]
AlarmKind = Literal["nan", "spike", "plateau", "divergence", "throughput", "stalled"]


class Gpu(TypedDict):
    """A GPU as a training server tells it; `made_up` where the server is known to invent its figures."""

    name: str | None
    used_gb: float | None
    total_gb: float | None
    percent: float | None
    made_up: bool


class JobCard(TypedDict):
    """A training job. None is "nobody knows". `series` are the keys of its loss lines, the newest last."""

    key: str
    id: str
    source: str
    kind: Literal["finetune", "skill", "pipeline", "datagen"]
    status: JobStatus
    name: str
    base_model: str | None
    node: str | None
    step: int | None
    steps: int | None
    epoch: float | None
    epochs: float | None
    progress: float | None
    loss: float | None
    first_loss: float | None
    best_loss: float | None
    learning_rate: float | None
    rating: Literal["Excellent", "Great", "Good", "Needs more data"] | None
    steps_per_s: float | None
    eta_s: float | None
    elapsed_s: float | None
    started_at: str | None
    finished_at: str | None
    heard_at: str | None
    """When it last told something new."""
    error: str
    log: list[str]
    """Newest lines, at most 50."""
    gpu: Gpu | None
    examples: int | None
    preview_in: str
    preview_out: str
    series: list[str]
    alarms: list[Alarm]
    """Those that stand now."""
    config: dict[str, Any]
    """As it was started, and what else the server tells that has no field here."""
    pipeline: Pipeline | None
    actions: list[Literal["cancel", "advance"]]
    """What its server can be asked to do with it now."""


class PipelineIteration(TypedDict):
    """One round of a pipeline; rates are 0 to 1 whatever the server counts in."""

    n: int
    pass_rate: float | None
    after_pass_rate: float | None
    advice: str
    suggested: list[str]
    datagen_job: str | None
    finetune_job: str | None
    series: str | None
    loss: float | None
    """The last that is known of its fine-tune."""
    cut: bool
    """Its stream broke while it was fine-tuned, and no step has been heard since."""


class Pipeline(TypedDict):
    """A pipeline's own part. `stage` is one of EVALUATE ANALYZE GENERATE FINE-TUNE DEPLOY RE-EVAL, or None."""

    stage: str | None
    step: str | None
    iteration: int | None
    max_iterations: int | None
    target: float | None
    """0 to 1, as the score."""
    score: float | None
    outcome: str | None
    """How it ended in the server's words: target_reached, max_iterations_reached, failed."""
    message: str
    """What it last said of itself."""
    suite: str | None
    iterations: list[PipelineIteration]


class Alarm(TypedDict):
    """Something is wrong with a curve. `numbers` are those that fired it; `sentence` says it whole."""

    id: str
    kind: AlarmKind
    job: str
    series: str
    step: int | None
    at: str
    cleared_at: str | None
    sentence: str
    numbers: dict[str, float | int | str | None]


class JobDelta(TypedDict, total=False):
    """Only what changed of a `JobCard`, and always its key."""

    key: str


class TrainingSnapshot(TypedDict):
    """Jobs that run or ended in the last day, newest first, and the newest alarms."""

    jobs: list[JobCard]
    alarms: list[Alarm]


class Adapter(TypedDict):
    """A finished adapter: told by a skill trainer, by a report of fine-tunes, or known from a job that completed."""

    key: str
    id: str
    source: str
    kind: Literal["finetune", "skill"]
    name: str
    base_model: str | None
    dataset: str | None
    final_loss: float | None
    rating: Literal["Excellent", "Great", "Good", "Needs more data"] | None
    examples: int | None
    epochs: float | None
    rank: int | None
    learning_rate: float | None
    path: str | None
    created_at: str | None
    duration_s: float | None
    status: str
    job: str | None
    """Key of the job that made it, where that is known here."""


class Adapters(TypedDict):
    """Finished adapters, newest first; of sources in `troubles` those that were heard of before."""

    adapters: list[Adapter]
    troubles: list[Trouble]


class StartJob(TypedDict):
    """What `POST /api/training` takes; which fields depend on `kind` (docs/training.md)."""

    kind: Literal["finetune", "skill", "pipeline"]
    source: NotRequired[str]
    epochs: NotRequired[int]
    batch_size: NotRequired[int]
    learning_rate: NotRequired[float]
    base_model: NotRequired[str]
    dataset_path: NotRequired[str]
    output_dir: NotRequired[str]
    rank: NotRequired[int]
    skill_id: NotRequired[str]
    lora_r: NotRequired[int]
    version: NotRequired[Literal[1, 2]]
    model: NotRequired[str]
    backend: NotRequired[str]
    node: NotRequired[str]
    eval_suite: NotRequired[str]
    target: NotRequired[float]
    max_iterations: NotRequired[int]
    auto_advance: NotRequired[bool]
    datagen_count: NotRequired[int]
    domain: NotRequired[str]
    datagen_config: NotRequired[dict[str, Any]]


class JobAnswer(TypedDict):
    """A job after what was asked of it."""

    job: JobCard


class AdvanceJob(TypedDict):
    """What `POST /api/training/<key>/advance` takes: the step to go on with, in the pipeline's own words."""

    step: str


class OneJob(TypedDict):
    """A job that began or ended; `was` is the status before, None where it was first seen as it is."""

    job: JobCard
    was: NotRequired[str | None]


class JobsAdvanced(TypedDict):
    """What changed since the last one; `gone` left the list."""

    jobs: list[JobDelta]
    gone: NotRequired[list[str]]


class LossPoint(TypedDict):
    """One step. `loss` None is NaN or infinite; `word` says which ("NaN", "+inf", "-inf")."""

    step: int
    loss: float | None
    word: NotRequired[str]
    lr: float | None
    epoch: float | None
    at: str


class LossAppended(TypedDict):
    """New steps of a series, in their order (topic `job:<key>`); more than 200 at once are only counted: ask again."""

    job: str
    series: str
    points: list[LossPoint]
    count: int
    rewritten: bool
    """Whether a step that was known already has another value now: ask again."""


class AlarmEvent(TypedDict):
    """An alarm that was raised or cleared."""

    alarm: Alarm


class JobTopic(TypedDict):
    """One job, after subscribing to `job:<key>`."""

    job: JobCard | None


class JobList(TypedDict):
    """Training jobs, newest first, with what is known of finished ones."""

    jobs: list[JobCard]
    next: str | None


class Bucket(TypedDict):
    """Columns of equal length, one entry a bucket: a bucket is `width` steps, and begins at a multiple of it."""

    step: list[int]
    """First step of the bucket that has a value."""
    last_step: list[int]
    first: list[float | None]
    last: list[float | None]
    min: list[float | None]
    max: list[float | None]
    min_step: list[int | None]
    max_step: list[int | None]
    bad: list[int]
    """Steps with NaN or infinity."""
    count: list[int]
    at: list[str]
    lr: list[float | None]
    smooth: list[float | None]
    """The smoothed loss at the bucket's last step, computed over every raw step from 0."""


class SeriesFacts(TypedDict):
    """Of the whole series, whatever is asked for."""

    count: int
    first_step: int | None
    last_step: int | None
    first_at: str | None
    last: float | None
    best: float | None
    best_step: int | None
    min: float | None
    max: float | None
    bad: int


class LossSeries(TypedDict):
    """A series between two steps in at most as many buckets as were asked for. `width` 1: raw steps."""

    key: str
    job: str
    name: str
    from_step: int
    to_step: int
    width: int
    smoothing: float
    facts: SeriesFacts
    buckets: Bucket
    alarms: list[Alarm]
    gaps: list[tuple[int, int]]
    """Steps between which nothing was seen, where the series' own stride says there was something."""


class SeriesAnswer(TypedDict):
    """Answer of `/api/training/<key>/series`: one a series of the job, or those named."""

    series: list[LossSeries]
