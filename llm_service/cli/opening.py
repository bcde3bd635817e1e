"""Showing a page in the user's browser: a courtesy that may not block, print or fail."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a browser could open a window here; one that takes over the terminal is worse than none."""
    return sys.platform == "darwin" or any(environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def open_page(url: str, environ: Mapping[str, str]) -> None:
    """Ask the browser to show `url`, in a process that shares neither our streams nor our signals."""
    if not has_display(environ):
        return
    try:
        # -P: the working directory may be a stranger's repository, and its webbrowser.py must not run.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "webbrowser", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=dict(environ),
        )
    except OSError:
        return  # the address was printed too
    threading.Thread(target=child.wait, name="browser", daemon=True).start()
