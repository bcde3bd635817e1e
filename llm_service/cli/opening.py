"""Showing a page in the user's browser: a courtesy that may not block, print or fail."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a browser could open a window here; one that takes over the terminal is worse than none."""
    return sys.platform == "darwin" or any(environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def open_page(url: str, environ: Mapping[str, str] = os.environ) -> threading.Thread | None:
    """Ask the browser to show `url`, on a thread that ends with the process."""
    if not has_display(environ):
        return None
    thread = threading.Thread(target=_open, args=(url,), name="browser", daemon=True)
    thread.start()
    return thread


def _open(url: str) -> None:
    try:
        webbrowser.open(url)
    except (OSError, webbrowser.Error):
        pass  # the address was printed too
