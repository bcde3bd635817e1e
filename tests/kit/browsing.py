"""Tests marked `browser` need Chromium; without one they are left out and the last lines say so."""

from __future__ import annotations

import os

import pytest

from tests.kit.browser import chromium_path


def leave_out_browser_tests(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect them where Chromium is missing; with REQUIRE_BROWSER=1 they stay and fail."""
    if chromium_path() is not None or os.environ.get("REQUIRE_BROWSER") == "1":
        return
    needing = [item for item in items if needs_browser(item)]
    if needing:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in set(needing)]
        config.stash[LEFT_OUT] = len(needing)


def needs_browser(item: pytest.Item) -> bool:
    """Marked so, or using the fixture."""
    return item.get_closest_marker("browser") is not None or "chromium" in getattr(item, "fixturenames", ())


LEFT_OUT = pytest.StashKey[int]()
