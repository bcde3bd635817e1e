"""Trainings with nothing wrong: none of their curves may raise an alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from curves.model import Mlp
from curves.tasks import clusters, parity, spirals, text_windows
from curves.training import Row, batches, falling, restarts, steady, train, warm_cosine


def softmax_descent() -> Iterator[Row]:
    rng = np.random.default_rng(1)
    return train(Mlp(rng, [20, 6]), batches(rng, *clusters(rng, 2000), 32), steady(0.02), 800, way="descend")


def noisy_small_batches() -> Iterator[Row]:
    rng = np.random.default_rng(2)
    return train(Mlp(rng, [20, 32, 6]), batches(rng, *clusters(rng, 4000, spread=2.0), 4), steady(1e-3), 2500)


def single_examples() -> Iterator[Row]:
    rng = np.random.default_rng(3)
    return train(Mlp(rng, [20, 32, 6]), batches(rng, *clusters(rng, 4000, spread=1.6), 1), steady(5e-4), 3000)


def warm_up_and_cosine() -> Iterator[Row]:
    rng = np.random.default_rng(4)
    return train(Mlp(rng, [2, 64, 64, 3]), batches(rng, *spirals(rng, 3000), 64), warm_cosine(5e-3, 150, 1500), 1500)


def long_warm_up() -> Iterator[Row]:
    rng = np.random.default_rng(5)
    return train(Mlp(rng, [2, 64, 3]), batches(rng, *spirals(rng, 3000), 64), warm_cosine(2e-3, 700, 1800), 1800)


def step_schedule() -> Iterator[Row]:
    rng = np.random.default_rng(6)
    return train(Mlp(rng, [2, 64, 64, 3]), batches(rng, *spirals(rng, 3000), 32), falling(8e-3, 400, 0.1), 1400)


def warm_restarts() -> Iterator[Row]:
    rng = np.random.default_rng(7)
    return train(Mlp(rng, [2, 64, 64, 3]), batches(rng, *spirals(rng, 3000), 64), restarts(8e-3, 400), 1800)


def plateau_then_drop() -> Iterator[Row]:
    rng = np.random.default_rng(8)
    return train(Mlp(rng, [16, 64, 2], scale=0.6), batches(rng, *parity(rng, 4000), 64), steady(1.5e-3), 1500)


def letters() -> Iterator[Row]:
    rng = np.random.default_rng(9)
    inputs, labels, kinds = text_windows()
    model = Mlp(rng, [inputs.shape[1], 64, kinds])
    return train(model, batches(rng, inputs, labels, 32), warm_cosine(4e-3, 50, 2000), 2000)


def learned_by_heart() -> Iterator[Row]:
    rng = np.random.default_rng(10)
    return train(Mlp(rng, [20, 128, 6]), batches(rng, *clusters(rng, 60), 16), steady(3e-3), 2000)


def back_to_a_checkpoint() -> Iterator[Row]:
    rng = np.random.default_rng(11)
    model = Mlp(rng, [2, 64, 64, 3])
    batch, kept, late_ms = batches(rng, *spirals(rng, 3000), 64), [], 0
    for row in train(model, batch, steady(4e-3), 700):
        if row.step == 300:
            kept = model.copy()
        yield row
    model.put_back(kept)
    late_ms = 400 * 500 + 90_000
    for row in train(model, batch, steady(4e-3), 1300, first=301):
        yield row._replace(at_ms=row.at_ms + late_ms)


def checkpoint_pauses() -> Iterator[Row]:
    rng = np.random.default_rng(12)
    late_ms = 0
    for row in train(Mlp(rng, [20, 32, 6]), batches(rng, *clusters(rng, 4000), 16), steady(1e-3), 1500):
        late_ms += 60_000 if row.step % 250 == 249 else 0
        yield row._replace(at_ms=row.at_ms + late_ms + int(rng.integers(200)))


def every_tenth_step() -> Iterator[Row]:
    rng = np.random.default_rng(13)
    rows = train(Mlp(rng, [2, 64, 64, 3]), batches(rng, *spirals(rng, 3000), 16), warm_cosine(3e-3, 300, 6000), 6000)
    return (row for row in rows if row.step % 10 == 0)


def fine_tune_of_the_table(number: int) -> Callable[[], Iterator[Row]]:
    """What PROTOCOLS tells of real skill trainings: steps and where they began and ended; the way between is drawn."""
    steps, last, minutes = ((223, 0.201, 13.6), (133, 0.292, 7.4), (132, 0.204, 10.0), (63, 0.423, 5.1))[number]

    def rows() -> Iterator[Row]:
        rng = np.random.default_rng(100 + number)
        for step in range(1, steps + 1):
            smooth = last + (3.4 - last) * np.exp(-step / (steps / 6))
            yield Row(step, smooth * float(np.exp(rng.normal() * 0.12)), 2e-4, int(step * minutes * 60_000 / steps))

    return rows


HEALTHY = (
    *(softmax_descent, noisy_small_batches, single_examples, warm_up_and_cosine, long_warm_up, step_schedule),
    *(warm_restarts, plateau_then_drop, letters, learned_by_heart, back_to_a_checkpoint, checkpoint_pauses),
    every_tenth_step,
)
