"""Which project a session belongs to: the name of its folder."""

from __future__ import annotations

import re

_OTHER = re.compile(r"[^A-Za-z0-9]")


def project_of(cwd: str, folder: str) -> str | None:
    """The last part of the path that Claude Code's `folder` stands for; `cwd` may be that path or one below it.

    `folder` is a path with everything but letters and digits made a dash, so it cannot be turned back without `cwd`:
    `-home-me-my-app` alone is taken for `my-app`'s last word.
    """
    path = cwd.rstrip("/\\")
    here = path
    while here:
        # An agent that went into a subfolder is still at work in the same project.
        if _OTHER.sub("-", here) == folder:
            return last_part(here)
        cut = max(here.rfind("/"), here.rfind("\\"))
        if cut <= 0:
            break
        here = here[:cut]
    if path:
        return last_part(path)
    return folder.rpartition("-")[2] or None


def last_part(path: str) -> str:
    """The name at the end of a path of either kind."""
    path = path.rstrip("/\\")
    return path[max(path.rfind("/"), path.rfind("\\")) + 1 :]
