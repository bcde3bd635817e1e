"""Training a model, a row a step, with the learning rates that people use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from curves.model import Array, Mlp, Rng


class Row(NamedTuple):
    step: int
    loss: float
    lr: float
    at_ms: int


Lr = Callable[[int], float]
Batch = Callable[[int], tuple[Array, Array]]


def train(model: Mlp, batch: Batch, lr: Lr, steps: int, *, way: str = "adam", first: int = 0) -> Iterator[Row]:
    """A step a row, half a second each."""
    for step in range(first, steps):
        loss, slopes = model.loss_and_slopes(*batch(step))
        with np.errstate(all="ignore"):
            getattr(model, way)(slopes, lr(step))
        yield Row(step, loss, lr(step), step * 500)


def batches(rng: Rng, inputs: Array, labels: Array, size: int) -> Batch:
    def pick(_: int) -> tuple[Array, Array]:
        rows = rng.integers(len(labels), size=size)
        return inputs[rows], labels[rows]

    return pick


def steady(lr: float) -> Lr:
    return lambda _: lr


def warm_cosine(most: float, warm: int, steps: int) -> Lr:
    def lr(step: int) -> float:
        if step < warm:
            return most * (step + 1) / warm
        return most * 0.5 * (1 + np.cos(np.pi * (step - warm) / (steps - warm)))

    return lr


def falling(most: float, every: int, by: float) -> Lr:
    return lambda step: most * by ** (step // every)


def restarts(most: float, every: int) -> Lr:
    return lambda step: most * 0.5 * (1 + np.cos(np.pi * (step % every) / every)) + 1e-5
