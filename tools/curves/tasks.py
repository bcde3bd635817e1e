"""What the small models learn: points around centres, spirals, parity, letters of a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

Array = np.ndarray
Rng = np.random.Generator
TEXT = Path(__file__).resolve().parents[2] / "LICENSE"


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
    text = TEXT.read_text().lower()
    letters = sorted(set(text))
    numbers = np.array([letters.index(letter) for letter in text])
    eye = np.eye(len(letters))
    inputs = np.concatenate([eye[numbers[place : len(numbers) - context + place]] for place in range(context)], 1)
    return inputs, numbers[context:], len(letters)
