"""A small network in numpy, in double precision or as a careless kernel computes in half."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

Array = np.ndarray
Rng = np.random.Generator


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
