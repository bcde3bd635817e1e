"""Whether the file system under a folder tells the kernel of changes made elsewhere; network and VM mounts do not."""

from __future__ import annotations

from pathlib import Path

from llm_service.mounts import filesystem_type

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
