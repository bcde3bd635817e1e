"""Whether the file system under a folder tells the kernel of changes made elsewhere; network and VM mounts do not."""

from __future__ import annotations

import os
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


def silent_mount(path: Path, mountinfo: str = "/proc/self/mountinfo") -> str | None:
    """The type of the file system that holds `path` if inotify does not work there, else None."""
    kind = filesystem_type(path, mountinfo)
    if kind is not None and (kind in _SILENT or kind.startswith("fuse.")):
        return kind
    return None


def filesystem_type(path: Path, mountinfo: str = "/proc/self/mountinfo") -> str | None:
    """The type of the file system that holds `path`, None where the system does not say."""
    try:
        lines = Path(mountinfo).read_text().splitlines()
    except OSError:
        return None
    wanted = os.path.realpath(path)
    best, kind = "", None
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) < 5 or not right:
            continue
        point = fields[4].encode().decode("unicode_escape")
        inside = wanted == point or wanted.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind
