"""Whether the file system under a folder tells the kernel of changes made elsewhere; network and VM mounts do not."""

from __future__ import annotations

import os
import re
from pathlib import Path

_SILENT = frozenset(
    (
        "9p",
        "drvfs",
        "nfs",
        "nfs3",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "virtiofs",
        "vboxsf",
        "fakeowner",
        "prl_fs",
        "afs",
    )
)

_ESCAPED = re.compile(rb"\\(040|011|012|134)")
"""Blank, tab, newline and backslash, as the kernel writes them; every other byte stands for itself."""


def silent_mount(path: Path, mountinfo: str = "/proc/self/mountinfo") -> str | None:
    """The type of the file system that holds `path` if inotify does not work there, else None."""
    kind = filesystem_type(path, mountinfo)
    if kind is not None and (kind in _SILENT or kind.startswith("fuse.")):
        return kind
    return None


def filesystem_type(path: Path, mountinfo: str = "/proc/self/mountinfo") -> str | None:
    """The type of the file system that holds `path`, None where the system does not say."""
    try:
        lines = Path(mountinfo).read_bytes().splitlines()
    except OSError:
        return None
    wanted = os.fsencode(os.path.realpath(path))
    best, kind = b"", None
    for line in lines:
        left, _, right = line.partition(b" - ")
        fields = left.split()
        if len(fields) < 5 or not right:
            continue
        point = _ESCAPED.sub(lambda match: bytes([int(match[1], 8)]), fields[4])
        inside = wanted == point or wanted.startswith(point.rstrip(b"/") + b"/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split()[0].decode("ascii", "replace")
    return kind
