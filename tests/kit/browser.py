"""Where the tests find a browser. They drive Debian's Chromium and never download one."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """Return the browser to drive; LLM_SERVICE_TEST_CHROMIUM names one by hand ("none" hides it)."""
    named = os.environ.get("LLM_SERVICE_TEST_CHROMIUM")
    if named is not None:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)
