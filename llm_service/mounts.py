"""Which file system holds a path, and whether that one lies on another machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

_ESCAPED = re.compile(rb"\\(040|011|012|134)")
"""Blank, tab, newline and backslash, as the kernel writes them; every other byte stands for itself."""

_NETWORK = frozenset(
    (
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "drvfs",
        "fakeowner",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs3",
        "nfs4",
        "prl_fs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    )
)
"""Other machines, and the host of a virtual one: memory mapped there is not shared by all that map it."""


def network_mount(path: Path, mountinfo: str = "/proc/self/mountinfo") -> str | None:
    """The type of the file system that holds `path` if it is one of another machine, else None."""
    kind = filesystem_type(path, mountinfo)
    return kind if kind in _NETWORK else None


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
