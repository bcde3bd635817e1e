"""Which container is a job's, and which lines of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from llm_service.sources.training.container_logs import ContainerLogs, Wanted


class Answer(NamedTuple):
    """What the client gives."""

    value: object


class Containers:
    """A server's containers by name, each with its log; `asked` are those whose logs were read."""

    def __init__(self, **logs: str) -> None:
        self.logs = {name.replace("__", "-"): text for name, text in logs.items()}
        self.states: dict[str, str] = {}
        self.asked: list[str] = []

    def get(self, path: str, params: Any = None) -> Answer:
        del params
        if path == "/api/containers/":
            return Answer([{"id": f"7f{name}", "name": name, "status": self.states.get(name)} for name in self.logs])
        name = path.split("/")[3].removeprefix("7f")
        self.asked.append(name)
        return Answer({"logs": self.logs.get(name, "")})


def reader(containers: Containers, **last_lines: str) -> ContainerLogs:
    logs = ContainerLogs(containers, lambda: last_lines)
    logs.list_containers()
    return logs


@pytest.mark.parametrize(
    ("job_id", "container"),
    [
        ("ft_1", "tune-ft_1"),
        ("ft_10", "tune-ft_10"),
        ("7", "donut-finetune"),
        ("10", "donut-finetune"),
        ("a/b%", "donut-finetune"),
    ],
)
def test_a_container_is_a_jobs_where_it_has_its_whole_id(job_id: str, container: str) -> None:
    containers = Containers(worker__7="", tune__ft_10="", tune__ft_1="", donut__finetune="")
    reader(containers).read(Wanted(job_id))
    assert containers.asked == [container]


def test_of_several_containers_for_fine_tunes_the_one_that_runs_is_read() -> None:
    containers = Containers(old__finetune="", new__finetune="")
    containers.states = {"old-finetune": "exited", "new-finetune": "running"}
    reader(containers).read(Wanted("ft_3"))
    assert containers.asked == ["new-finetune"]


def lines(*steps: int) -> list[str]:
    return [f"PROGRESS chunk 1/1: 1%  [epoch 1/1  step {step}/60  loss={60 / step:.4f}]" for step in steps]


def test_after_a_restart_of_ours_a_new_job_gets_none_of_the_steps_that_one_before_it_left_in_the_container() -> None:
    old = lines(58, 59, 60)
    containers = Containers(donut__finetune="\n".join([*old, "Training completed", "Loading the model"]))
    logs = reader(containers, ft_1="Training completed", ft_0=old[0])
    first = logs.read(Wanted("ft_2"))
    assert first is not None
    assert (first.log_lines, first.losses) == (("Loading the model",), {})
    containers.logs["donut-finetune"] += "\nStill loading"
    still = logs.read(Wanted("ft_2"))
    assert still is not None
    assert still.losses == {}
    containers.logs["donut-finetune"] += "\n" + "\n".join(lines(1, 2))
    second = logs.read(Wanted("ft_2"))
    assert second is not None
    assert [step.step for step in second.losses[""]] == [1, 2]


def test_the_first_step_of_a_job_may_be_higher_than_the_last_of_a_cancelled_one_before_it() -> None:
    containers = Containers(donut__finetune="\n".join(lines(1, 2)))
    logs = reader(containers)
    assert logs.read(Wanted("ft_1")) is not None
    for step in (0, 10, 20):
        containers.logs["donut-finetune"] += "\n" + lines(step + 10)[0]
        told = logs.read(Wanted("ft_2", step=step))
        assert told is not None
        assert [loss.step for loss in told.losses[""]] == list(range(10, step + 11, 10))
