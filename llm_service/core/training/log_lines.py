"""Steps and losses in the lines of a training log: the fine-tune container's PROGRESS form, and the skill trainer's.

PROGRESS chunk 2/5: 37.0%  [epoch 1/3  step 4440/12000  loss=0.8123  lr=0.0002]
{'loss': 0.4021, 'learning_rate': 0.00018, 'epoch': 3.1}     17%|…| 10/63 [00:05<00:25, 2.1it/s]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from llm_service.core.training.fields import as_number
from llm_service.core.training.reports import LossStep, Report, told

LONGEST_LINE = 500
MOST_LINES = 5_000
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?)"
_PROGRESS = re.compile(r"\bPROGRESS\b(?P<rest>.*)")
_CHUNK = re.compile(r"\bchunk\s+(\d+)\s*/\s*(\d+)", re.I)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_EPOCH = re.compile(r"\bepoch\s+(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)", re.I)
_STEP = re.compile(r"\bstep\s+(\d+)\s*/\s*(\d+)", re.I)
_LOSS = re.compile(rf"(?<![\w])['\"]?(?:train_)?loss['\"]?\s*[=:]\s*['\"]?({_NUMBER})", re.I)
_RATE = re.compile(rf"(?<![\w])['\"]?(?:lr|learning_rate)['\"]?\s*[=:]\s*['\"]?({_NUMBER})", re.I)
_EPOCH_VALUE = re.compile(rf"(?<![\w])['\"]?epoch['\"]?\s*[=:]?\s*['\"]?({_NUMBER})", re.I)
_BARE_STEP = re.compile(r"(?<![\d./:-])(\d{1,9})\s*/\s*(\d{1,9})(?![\d./-])")
_MAX_STEPS = re.compile(r"\bmax steps\s*[:=]\s*(\d{1,9})", re.I)
_EXAMPLES = re.compile(r"\bloaded\s+(\d{1,9})\s+examples\b", re.I)


class Progress(NamedTuple):
    """One PROGRESS line; None where a part is missing. `percent` is of the whole, 0 to 100."""

    chunk: int | None
    chunks: int | None
    percent: float | None
    epoch: float | None
    epochs: float | None
    step: int | None
    steps: int | None
    loss: float | None
    lr: float | None


class SkillLog(NamedTuple):
    """What a skill trainer's log tells."""

    losses: list[LossStep]
    step: int | None
    steps: int | None
    examples: int | None


def lines_of(logs: object) -> list[str]:
    """The lines of a log that comes as one text or as a list, newest last; carriage returns end lines too."""
    parts = logs if isinstance(logs, list) else [logs]
    found: list[str] = []
    for part in parts[-MOST_LINES:]:
        if isinstance(part, str):
            found.extend(part.replace("\r", "\n").split("\n"))
    return [line.strip()[:LONGEST_LINE] for line in found if line.strip()][-MOST_LINES:]


def progress_of(line: str) -> Progress | None:
    """What a PROGRESS line tells; None for any other line."""
    found = _PROGRESS.search(line)
    if found is None:
        return None
    rest = found["rest"]
    chunk, epoch, step = _CHUNK.search(rest), _EPOCH.search(rest), _STEP.search(rest)
    percent, loss, rate = _PERCENT.search(rest), _LOSS.search(rest), _RATE.search(rest)
    return Progress(
        int(chunk[1]) if chunk else None,
        int(chunk[2]) if chunk else None,
        min(100.0, float(percent[1])) if percent else None,
        float(epoch[1]) if epoch else None,
        float(epoch[2]) if epoch else None,
        int(step[1]) if step else None,
        int(step[2]) if step else None,
        as_number(loss[1]) if loss else None,
        as_number(rate[1]) if rate else None,
    )


def progress_lines(lines: Iterable[str]) -> list[Progress]:
    """Every PROGRESS line, in order."""
    return [found for line in lines if (found := progress_of(line)) is not None]


class StepCounter:
    """Makes one count of the steps of a log, whether it counts through or begins anew with each epoch or chunk.

    Nothing says which it is: a step that lies before its epoch's share of all steps, or that falls while the epoch
    or the chunk grows, counts anew, and stays so for the job. `total` is what was found out in an earlier life.
    """

    def __init__(self, total: int | None = None) -> None:
        self._total = total
        self._by_epoch = False
        self._by_chunk = False
        self._last: Progress | None = None

    def count(self, line: Progress) -> tuple[int, int | None] | None:
        """The step counted from the job's start, and of how many; None for a line without a step."""
        if line.step is None:
            return None
        self._learn(line)
        self._last = line
        legs = int((line.epoch or 1) - 1) if self._by_epoch else 0
        if self._by_chunk:
            legs += int((line.chunk or 1) - 1) * (int(line.epochs or 1) if self._by_epoch else 1)
        if line.steps is None:
            return line.step, None
        all_legs = (int(line.epochs or 1) if self._by_epoch else 1) * ((line.chunks or 1) if self._by_chunk else 1)
        return max(0, legs) * line.steps + line.step, line.steps * all_legs

    def _learn(self, line: Progress) -> None:
        last, total = self._last, self._total
        if last is not None and last.step is not None and line.step is not None and line.step < last.step:
            self._by_epoch = self._by_epoch or _grew(last.epoch, line.epoch)
            self._by_chunk = self._by_chunk or _grew(last.chunk, line.chunk)
        self._by_epoch = self._by_epoch or _before_its_epoch(line)
        if last is None and total and line.steps and line.epochs and total > line.steps:
            self._by_epoch = self._by_epoch or total == line.steps * int(line.epochs)


def skill_log(lines: Sequence[str]) -> SkillLog:
    """Steps ("n/m"), losses, "Max steps: N" and "Loaded N examples"; a loss belongs to the step told last before it."""
    losses: dict[int, LossStep] = {}
    step = steps = examples = None
    for line in lines:
        if found := _MAX_STEPS.search(line):
            steps = int(found[1])
        if found := _EXAMPLES.search(line):
            examples = int(found[1])
        if (bare := _bare_step(line, steps)) is not None:
            step, steps = bare
        loss = _LOSS.search(line)
        if loss and step is not None and (value := as_number(loss[1])) is not None:
            rate, epoch = _RATE.search(line), _EPOCH_VALUE.search(line)
            losses[step] = LossStep(
                step, value, as_number(rate[1]) if rate else None, as_number(epoch[1]) if epoch else None
            )
    return SkillLog(list(losses.values()), step, steps, examples)


def _bare_step(line: str, steps: int | None) -> tuple[int, int] | None:
    """The "n/m" of a line. Where the number of steps is known another m is something else (files, examples)."""
    for found in _BARE_STEP.finditer(line):
        step, of = int(found[1]), int(found[2])
        if 0 < step <= of and (steps is None or of == steps) and of > 1:
            return step, of
    return None


def _began_anew(last: Progress, now: Progress) -> bool:
    """Whether a line is of another training than the one before: its epoch fell, or its step did within one leg."""
    if (now.epoch or 0) < (last.epoch or 0):
        return (now.chunk or 0) <= (last.chunk or 0)
    same_leg = now.epoch == last.epoch and now.chunk == last.chunk
    return same_leg and (now.step or 0) < (last.step or 0)


def _grew(last: float | None, now: float | None) -> bool:
    return last is not None and now is not None and now > last


def _before_its_epoch(line: Progress) -> bool:
    if line.step is None or not line.steps or not line.epoch or not line.epochs or line.epochs < 1:
        return False
    return line.step / line.steps < (line.epoch - 1) / line.epochs - 1e-9


def since_last_start(lines: Sequence[str]) -> list[str]:
    """The lines of the newest training in a log: those after the last place where its steps began anew."""
    start, last = 0, None
    for place, line in enumerate(lines):
        found = progress_of(line)
        if found is None or found.step is None:
            continue
        if last is not None and _began_anew(last, found):
            start = place
        last = found
    return list(lines[start:])


def until_next_start(lines: Sequence[str], line: str) -> list[str]:
    """From the last place of `line` to where another training begins in the log."""
    start = len(lines) - 1 - lines[::-1].index(line)
    before = progress_of(line)
    for place, later in enumerate(lines[start + 1 :], start + 1):
        found = progress_of(later)
        if found is None or found.step is None:
            continue
        if before is not None and _began_anew(before, found):
            return list(lines[start:place])
        before = found
    return list(lines[start:])


def misses_steps(lines: Sequence[str], known_step: int) -> bool:
    """Whether the first step of a tail leaves a gap after the last step that is known."""
    first = next((found.step for line in lines if (found := progress_of(line)) and found.step is not None), None)
    return first is not None and first > known_step + 1


def log_report(job_id: str, lines: Sequence[str], counter: StepCounter) -> Report:
    """What the tail of a fine-tune's container log tells of its job: every PROGRESS line is a step."""
    found = progress_lines(lines)
    losses: dict[int, LossStep] = {}
    step = steps = None
    for line in found:
        counted = counter.count(line)
        if counted is None:
            continue
        step, steps = counted[0], counted[1] if counted[1] is not None else steps
        if line.loss is not None:
            losses[step] = LossStep(step, line.loss, line.lr, line.epoch)
    last = found[-1] if found else None
    return Report(
        "finetune",
        job_id,
        told(
            step=step,
            steps=steps,
            epoch=last.epoch if last else None,
            epochs=last.epochs if last else None,
            progress=last.percent if last else None,
            learning_rate=last.lr if last else None,
        ),
        {"": list(losses.values())} if losses else {},
        log_lines=tuple(lines),
    )
