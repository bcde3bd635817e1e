"""Records the curves of tests/data/curves/: real small models, trained here with numpy, well and badly.

`python tools/make_curves.py` writes them anew. Everything is drawn from fixed seeds; another BLAS may change the last
digits, so the files are kept. Columns: step, loss, lr, at_ms (since the start). Rows are in the order in which a
trainer would tell them, so that a return to a checkpoint is a step back.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "tests/data/curves"
Array = np.ndarray
Rng = np.random.Generator


class Row(NamedTuple):
    step: int
    loss: float
    lr: float
    at_ms: int


# -- data -------------------------------------------------------------------------------------------------------


def clusters(rng: Rng, count: int, kinds: int = 6, width: int = 20, spread: float = 1.4) -> tuple[Array, Array]:
    """Points around the centres of `kinds` classes."""
    centres = rng.normal(size=(kinds, width)) * 1.2
    labels = rng.integers(kinds, size=count)
    return centres[labels] + rng.normal(size=(count, width)) * spread, labels


def spirals(rng: Rng, count: int) -> tuple[Array, Array]:
    """Three spiral arms: no straight line parts them."""
    labels = rng.integers(3, size=count)
    along = rng.random(count)
    angle = along * 5 + labels * 2 * np.pi / 3 + rng.normal(size=count) * 0.12
    return np.stack([along * np.cos(angle), along * np.sin(angle)], 1) * 3, labels


def parity(rng: Rng, count: int, width: int = 16, of: int = 3) -> tuple[Array, Array]:
    """The parity of three of sixteen bits: nothing is learned for long, then everything at once."""
    bits = rng.integers(2, size=(count, width))
    return bits * 2.0 - 1, bits[:, :of].sum(1) % 2


def text_windows(context: int = 4) -> tuple[Array, Array, int]:
    """Letters before each letter of a text, as one-hot rows."""
    text = (Path(__file__).resolve().parent.parent / "LICENSE").read_text().lower()
    letters = sorted(set(text))
    numbers = np.array([letters.index(letter) for letter in text])
    eye = np.eye(len(letters))
    inputs = np.concatenate([eye[numbers[place : len(numbers) - context + place]] for place in range(context)], 1)
    return inputs, numbers[context:], len(letters)


# -- the model --------------------------------------------------------------------------------------------------


class Mlp:
    """Layers of ReLUs and a softmax over them; trained by Adam or plain descent with momentum."""

    def __init__(self, rng: Rng, sizes: list[int], *, scale: float = 1.0, half: bool = False) -> None:
        self.weights = [rng.normal(size=(a, b)) * np.sqrt(2 / a) * scale for a, b in pairwise(sizes)]
        self.biases = [np.zeros(size) for size in sizes[1:]]
        self.first = [np.zeros_like(each) for each in self.parameters]
        self.second = [np.zeros_like(each) for each in self.parameters]
        self.updates = 0
        self.half = half

    @property
    def parameters(self) -> list[Array]:
        return [*self.weights, *self.biases]

    def copy(self) -> list[Array]:
        return [each.copy() for each in self.parameters]

    def put_back(self, kept: list[Array]) -> None:
        for mine, old in zip(self.parameters, kept, strict=True):
            mine[...] = old

    def loss_and_slopes(self, inputs: Array, labels: Array) -> tuple[float, list[Array]]:
        layers = [inputs]
        for place, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            if self.half:
                out = layers[-1].astype(np.float16) @ weights.astype(np.float16) + biases.astype(np.float16)
            else:
                out = layers[-1] @ weights + biases
            layers.append(out if place == len(self.weights) - 1 else np.maximum(out, 0))
        logits = layers[-1]
        if self.half:
            # Without taking the largest away first, as a careless kernel in half precision does it.
            grown = np.exp(logits)
            shares = (grown / grown.sum(1, keepdims=True)).astype(np.float64)
        else:
            grown = np.exp(logits - logits.max(1, keepdims=True))
            shares = grown / grown.sum(1, keepdims=True)
        rows = np.arange(len(labels))
        loss = float(-np.log(shares[rows, labels] + (0 if self.half else 1e-300)).mean())
        slope = shares.copy()
        slope[rows, labels] -= 1
        slope /= len(labels)
        weights_slopes, biases_slopes = [], []
        for place in range(len(self.weights) - 1, -1, -1):
            weights_slopes.insert(0, layers[place].T.astype(np.float64) @ slope)
            biases_slopes.insert(0, slope.sum(0))
            if place:
                slope = (slope @ self.weights[place].T) * (layers[place] > 0)
        return loss, [*weights_slopes, *biases_slopes]

    def adam(self, slopes: list[Array], lr: float) -> None:
        self.updates += 1
        for mine, slope, first, second in zip(self.parameters, slopes, self.first, self.second, strict=True):
            first += 0.1 * (slope - first)
            second += 0.001 * (slope * slope - second)
            mine -= lr * (first / (1 - 0.9**self.updates)) / (np.sqrt(second / (1 - 0.999**self.updates)) + 1e-8)

    def descend(self, slopes: list[Array], lr: float) -> None:
        for mine, slope, first in zip(self.parameters, slopes, self.first, strict=True):
            first *= 0.9
            first += slope
            mine -= lr * first


# -- training ---------------------------------------------------------------------------------------------------

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


# -- healthy ----------------------------------------------------------------------------------------------------


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


# -- sick -------------------------------------------------------------------------------------------------------


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


HEALTHY = (
    *(softmax_descent, noisy_small_batches, single_examples, warm_up_and_cosine, long_warm_up, step_schedule),
    *(warm_restarts, plateau_then_drop, letters, learned_by_heart, back_to_a_checkpoint, checkpoint_pauses),
    every_tenth_step,
)
SICK = (
    *(rate_too_high, rate_raised_by_mistake, slow_divergence, wrong_labels, broken_input, dead_from_the_start),
    rate_far_too_high,
    *(dead_half_way, half_precision_overflow, one_bad_batch_is_nan, slowed_down, stopped),
)


def main() -> None:
    """Write every curve into its file."""
    recorded = [("healthy", made.__name__, made) for made in HEALTHY]
    recorded += [("healthy", f"fine_tune_{number + 1}", fine_tune_of_the_table(number)) for number in range(4)]
    recorded += [("sick", made.__name__, made) for made in SICK]
    for kind, name, made in recorded:
        path = FOLDER / kind / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(Row._fields)
            rows.writerows((row.step, f"{row.loss:.6g}", f"{row.lr:.6g}", row.at_ms) for row in made())
        print(f"{path.relative_to(FOLDER)}")


if __name__ == "__main__":
    main()
