"""Trainings that go wrong, each in its own way: every one of their curves must raise its alarm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curves.healthy import noisy_small_batches, softmax_descent
from curves.model import Array, Mlp
from curves.tasks import clusters, spirals
from curves.training import Row, batches, steady, train


def rate_too_high() -> Iterator[Row]:
    rng = np.random.default_rng(21)
    return train(
        Mlp(rng, [20, 64, 6]),
        batches(rng, *clusters(rng, 2000), 32),
        lambda s: 0.02 if s < 300 else 6.0,
        500,
        way="descend",
    )


def rate_raised_by_mistake() -> Iterator[Row]:
    rng = np.random.default_rng(22)
    return train(
        Mlp(rng, [2, 64, 64, 3]), batches(rng, *spirals(rng, 3000), 64), lambda s: 4e-3 if s < 600 else 0.5, 900
    )


def slow_divergence() -> Iterator[Row]:
    rng = np.random.default_rng(23)
    return train(
        Mlp(rng, [2, 64, 64, 3]),
        batches(rng, *spirals(rng, 3000), 64),
        lambda s: 4e-3 if s < 500 else 4e-3 * 1.02 ** (s - 500),
        900,
    )


def wrong_labels() -> Iterator[Row]:
    rng = np.random.default_rng(24)
    batch = batches(rng, *spirals(rng, 3000), 64)

    def broken(step: int) -> tuple[Array, Array]:
        inputs, labels = batch(step)
        return inputs, (labels + 1) % 3 if 700 <= step < 703 else labels

    return train(Mlp(rng, [2, 64, 64, 3]), broken, steady(2e-3), 1000)


def broken_input() -> Iterator[Row]:
    rng = np.random.default_rng(25)
    batch = batches(rng, *clusters(rng, 4000), 16)

    def broken(step: int) -> tuple[Array, Array]:
        inputs, labels = batch(step)
        # A batch that nobody normalised.
        return inputs * (255 if step == 600 else 1), labels

    return train(Mlp(rng, [20, 32, 6]), broken, steady(1e-3), 900)


def dead_from_the_start() -> Iterator[Row]:
    rng = np.random.default_rng(26)
    model = Mlp(rng, [20, 64, 6])
    model.biases[0][...] = -50
    return train(model, batches(rng, *clusters(rng, 4000), 32), steady(1e-3), 900)


def dead_half_way() -> Iterator[Row]:
    rng = np.random.default_rng(27)
    model = Mlp(rng, [2, 64, 64, 3])
    for row in train(model, batches(rng, *spirals(rng, 3000), 64), steady(3e-3), 900):
        if row.step == 500:
            model.biases[0][...] = -50
        yield row


def half_precision_overflow() -> Iterator[Row]:
    rng = np.random.default_rng(28)
    inputs, labels = clusters(rng, 2000)
    with np.errstate(all="ignore"):
        model = Mlp(rng, [20, 64, 6], scale=0.3, half=True)
        yield from train(model, batches(rng, inputs, labels, 32), lambda step: 5e-4 * 1.01**step, 700)


def one_bad_batch_is_nan() -> Iterator[Row]:
    for row in noisy_small_batches():
        yield row._replace(loss=float("nan")) if 400 <= row.step < 403 else row


def slowed_down() -> Iterator[Row]:
    rng = np.random.default_rng(30)
    for row in train(Mlp(rng, [20, 32, 6]), batches(rng, *clusters(rng, 4000), 16), steady(1e-3), 1500):
        slow_ms = max(0, row.step - 700) * 1_200
        yield row._replace(at_ms=row.at_ms + slow_ms + int(rng.integers(150)))


def stopped() -> Iterator[Row]:
    return (row for row in softmax_descent() if row.step <= 400)


def rate_far_too_high() -> Iterator[Row]:
    rng = np.random.default_rng(31)
    batch = batches(rng, *clusters(rng, 2000), 32)
    with np.errstate(all="ignore"):
        yield from train(Mlp(rng, [20, 64, 6]), batch, lambda s: 0.02 if s < 300 else 1e30, 400, way="descend")


SICK = (
    *(rate_too_high, rate_raised_by_mistake, slow_divergence, wrong_labels, broken_input, dead_from_the_start),
    rate_far_too_high,
    *(dead_half_way, half_precision_overflow, one_bad_batch_is_nan, slowed_down, stopped),
)
