"""What can be wrong with a question about loss curves."""

from __future__ import annotations


class NoSuchSeries(Exception):
    """Nothing is kept under a name; the text says which."""
