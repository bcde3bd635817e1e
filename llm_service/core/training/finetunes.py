"""Fine-tunes (`/api/finetune/`) and the process list (`/api/jobs/`), which belong together by their pid."""

from __future__ import annotations

from collections.abc import Sequence

from llm_service.core.training import fields
from llm_service.core.training.reports import Report, status_of, told

LISTS = ("jobs", "finetunes", "finetune", "finetune_jobs", "fine_tunes", "runs")
_READ = (
    *("id", "job_id", "finetune_id", "run_id", "pid", "status", "state", "name", "base_model", "model", "model_id"),
    *("epochs", "total_epochs", "num_epochs", "current_epoch", "epoch", "step", "current_step", "steps"),
    *("total_steps", "max_steps", "loss", "current_loss", "final_loss", "learning_rate", "lr", "progress", "node"),
    *("started_at", "created_at", "finished_at", "completed_at", "ended_at", "error", "elapsed", "duration_s"),
    *("elapsed_seconds", "elapsed_s", "message", "examples", "training_examples", "logs", "config", "adapter_path"),
)


_PROCESS_READ = ("id", "job_id", "pid", "node", "machine", "status", "state", "progress", "elapsed", "error")


def finetune_reports(value: object) -> list[Report]:
    """Each fine-tune of a list, bare or wrapped. A row without an id cannot be told apart and is left out."""
    found = (finetune_report(row) for row in fields.rows(value, *LISTS))
    return [report for report in found if report is not None]


def finetune_report(value: object) -> Report | None:
    """One fine-tune, bare or as `{"job": {…}}`; None where it has no id."""
    row = _unwrapped(value)
    if row is None:
        return None
    job_id = fields.text(row, "id", "job_id", "finetune_id", "run_id")
    if job_id is None:
        return None
    config = row.get("config") if isinstance(row.get("config"), dict) else {}
    return Report(
        "finetune",
        job_id,
        told(
            status=status_of(fields.text(row, "status", "state")),
            name=fields.text(row, "name", "output_name"),
            base_model=fields.text(row, "base_model", "model", "model_id", "model_name"),
            node=fields.text(row, "node", "machine"),
            step=fields.whole(row, "current_step", "step"),
            steps=fields.whole(row, "total_steps", "max_steps", "steps"),
            epoch=fields.number(row, "current_epoch", "epoch"),
            epochs=fields.number(row, "epochs", "total_epochs", "num_epochs"),
            progress=_percent(row),
            loss=fields.number(row, "current_loss", "loss", "final_loss"),
            learning_rate=fields.number(row, "learning_rate", "lr"),
            started_at=fields.moment(row, "started_at", "created_at"),
            finished_at=fields.moment(row, "finished_at", "completed_at", "ended_at"),
            elapsed_s=fields.span_s(fields.one_of(row, ("elapsed_seconds", "elapsed_s", "elapsed", "duration_s"))),
            error=fields.text(row, "error"),
            examples=fields.whole(row, "training_examples", "examples"),
            config={**fields.left_over(config or {}, ()), **fields.left_over(row, _READ)} or None,
        ),
        pid=pid_of(row),
    )


def process_reports(value: object) -> list[Report]:
    """Each row of `/api/jobs/`: a process. Its id is its pid where it has no other."""
    found = []
    for row in fields.rows(value, *LISTS):
        pid = pid_of(row)
        job_id = fields.text(row, "id", "job_id") or (f"PID-{pid}" if pid else None)
        if job_id is None:
            continue
        found.append(
            Report(
                "datagen",
                job_id,
                told(
                    status=status_of(fields.text(row, "status", "state")),
                    name=_process_name(row),
                    node=fields.text(row, "node", "machine"),
                    progress=_percent(row),
                    elapsed_s=fields.span_s(fields.one_of(row, ("elapsed", "elapsed_s", "elapsed_seconds"))),
                    examples=fields.whole(row, "count"),
                    error=fields.text(row, "error"),
                    started_at=fields.moment(row, "started_at", "created_at"),
                    config=fields.left_over(row, _PROCESS_READ) or None,
                ),
                pid=pid,
            )
        )
    return found


def pid_of(row: fields.Fields) -> str | None:
    """The process number: `pid`, or the end of an id as "PID-4242"."""
    for name in ("pid", "id", "job_id"):
        word = fields.text(row, name) or ""
        plain = word[4:] if word.upper().startswith("PID-") else word if name == "pid" else ""
        if plain.isdecimal():
            return str(int(plain))
    return None


def joined(finetunes: Sequence[Report], processes: Sequence[Report], *, moving: bool = True) -> list[Report]:
    """The fine-tunes with what the process list tells of theirs, then the processes that are no fine-tune's.

    `moving` False leaves out figures that move on, for a process list that was told earlier.
    """
    by_pid = {report.pid: report for report in processes if report.pid is not None}
    taken = set()
    found = []
    for tune in finetunes:
        process = by_pid.get(tune.pid) if tune.pid is not None else None
        # A pid is used again by the machine: one that ended does not own what runs under it now.
        if process is None or tune.told.get("status") not in ("running", "queued", "unknown", None):
            found.append(tune)
            continue
        taken.add(process.pid)
        found.append(_with_process(tune, process, ("node", "progress", "elapsed_s") if moving else ("node",)))
    return [*found, *(process for process in processes if process.pid is None or process.pid not in taken)]


def _with_process(tune: Report, process: Report, names: Sequence[str]) -> Report:
    more = {name: value for name, value in process.told.items() if name in names}
    config = {**process.told.get("config", {}), **tune.told.get("config", {}), "process": process.id}
    return Report("finetune", tune.id, {**more, **tune.told, "config": config}, pid=tune.pid)


def _process_name(row: fields.Fields) -> str | None:
    parts = [part for part in (fields.text(row, "type"), fields.text(row, "domain")) if part]
    return fields.text(row, "name", "task") or " · ".join(parts) or None


def _percent(row: fields.Fields) -> float | None:
    found = fields.number(row, "progress")
    return None if found is None else min(100.0, max(0.0, found))


def _unwrapped(value: object) -> fields.Fields | None:
    if not isinstance(value, dict):
        return None
    for name in ("job", "finetune", "data"):
        inner = value.get(name)
        if isinstance(inner, dict):
            return inner
    return value
