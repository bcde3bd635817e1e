"""Steps and losses in training logs."""

from __future__ import annotations

import math

import pytest

from llm_service.core.training.log_lines import (
    Progress,
    StepCounter,
    lines_of,
    log_report,
    misses_steps,
    progress_of,
    since_last_start,
    skill_log,
)


def line(step: int, *, of: int = 100, epoch: int = 1, epochs: int = 3, loss: str = "0.5", chunk: str = "1/1") -> str:
    return f"PROGRESS chunk {chunk}: 40%  [epoch {epoch}/{epochs}  step {step}/{of}  loss={loss}  lr=2e-04]"


def test_a_progress_line_tells_all_its_parts() -> None:
    found = progress_of(
        "2026-03-01 14:00 PROGRESS chunk 2/5: 37.5%  [epoch 1/3  step 4440/12000  loss=0.8123  lr=0.0002]"
    )
    assert found == Progress(2, 5, 37.5, 1, 3, 4440, 12000, 0.8123, 0.0002)


@pytest.mark.parametrize(
    ("text", "loss"), [("nan", math.nan), ("inf", math.inf), ("-inf", -math.inf), ("1.2e-3", 0.0012)]
)
def test_a_loss_may_be_no_finite_number(text: str, loss: float) -> None:
    found = progress_of(line(1, loss=text))
    assert found is not None
    assert str(found.loss) == str(loss)


@pytest.mark.parametrize("text", ["", "Loading donut ...", "progress is good", "step 3/4 loss=1"])
def test_other_lines_are_none(text: str) -> None:
    assert progress_of(text) is None


def test_parts_that_are_missing_are_none_and_the_rest_is_read() -> None:
    assert progress_of("PROGRESS [step 3/9]") == Progress(None, None, None, None, None, 3, 9, None, None)


def test_every_line_of_a_tail_is_a_step() -> None:
    report = log_report("ft", [line(step, loss=f"0.{step}") for step in range(10, 60)], StepCounter())
    assert [step.step for step in report.losses[""]] == list(range(10, 60))
    assert (report.told["step"], report.told["steps"], report.told["epochs"]) == (59, 100, 3)
    assert len(report.log_lines) == 50


def test_steps_that_begin_anew_with_each_epoch_are_counted_through() -> None:
    counter = StepCounter()
    lines = [line(99, epoch=1), line(100, epoch=1), line(1, epoch=2), line(2, epoch=2)]
    assert [counter.count(progress_of(text)) for text in lines] == [(99, 100), (100, 100), (101, 300), (102, 300)]  # type: ignore[arg-type]
    overlapping = [line(100, epoch=1), line(1, epoch=2), line(2, epoch=2), line(3, epoch=2)]
    assert [counter.count(progress_of(text)) for text in overlapping] == [(n, 300) for n in (100, 101, 102, 103)]  # type: ignore[arg-type]


def test_steps_that_count_through_all_epochs_stay_as_they_are() -> None:
    counter = StepCounter()
    lines = [line(34, epoch=2), line(66, epoch=2), line(67, epoch=3), line(100, epoch=3)]
    assert [counter.count(progress_of(text)) for text in lines] == [(34, 100), (66, 100), (67, 100), (100, 100)]  # type: ignore[arg-type]


def test_a_first_line_in_a_later_epoch_that_is_too_early_counts_anew() -> None:
    assert StepCounter().count(progress_of(line(5, epoch=3))) == (205, 300)  # type: ignore[arg-type]


def test_after_a_restart_of_ours_the_known_total_says_how_it_counts() -> None:
    assert StepCounter(300).count(progress_of(line(50, epoch=2))) == (150, 300)  # type: ignore[arg-type]
    assert StepCounter(100).count(progress_of(line(50, epoch=2))) == (50, 100)  # type: ignore[arg-type]


def test_steps_that_begin_anew_with_each_chunk_are_counted_through() -> None:
    counter = StepCounter()
    lines = [line(100, chunk="1/2", epochs=1), line(1, chunk="2/2", epochs=1)]
    assert [counter.count(progress_of(text)) for text in lines] == [(100, 100), (101, 200)]  # type: ignore[arg-type]


def test_lines_of_an_earlier_training_in_the_same_log_are_left_out() -> None:
    old, new = [line(99, epoch=3), line(100, epoch=3)], [line(1), line(2)]
    assert since_last_start([*old, "Loading", *new]) == new
    assert since_last_start([line(99, epoch=1), line(1, epoch=2)]) == [line(99, epoch=1), line(1, epoch=2)]


def test_a_tail_that_begins_after_the_last_known_step_misses_some() -> None:
    assert misses_steps([line(12)], 10)
    assert not misses_steps([line(11)], 10)
    assert not misses_steps(["Loading"], 10)


def test_a_log_comes_as_a_text_or_a_list_with_any_line_ends() -> None:
    assert lines_of("a\r\nb\n\n c ") == ["a", "b", "c"]
    assert lines_of(["a\rb", 7, None, "c"]) == ["a", "b", "c"]
    assert lines_of(None) == []


def test_a_skill_log_gives_steps_losses_and_totals() -> None:
    log = skill_log(
        [
            "Loaded 51 examples",
            "Max steps: 63",
            " 16%|#6        | 10/63 [00:05<00:25, 2.1it/s]",
            "{'loss': 1.4021, 'learning_rate': 0.00018, 'epoch': 1.56}",
            "processed 12/51 files",
            "20/63 {'loss': 'nan', 'epoch': 3.1}",
            "loss: 9.9 after the wish",
        ]
    )
    assert (log.steps, log.examples, log.step) == (63, 51, 20)
    assert [(step.step, step.lr, step.epoch) for step in log.losses] == [(10, 0.00018, 1.56), (20, None, None)]
    assert log.losses[0].loss == 1.4021


def test_a_loss_without_any_step_before_it_is_no_point() -> None:
    assert skill_log(["{'loss': 1.4}"]).losses == []
