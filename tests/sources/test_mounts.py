"""Whether a file system tells of changes: read from mountinfo as the kernel writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_service.mounts import filesystem_type, network_mount
from llm_service.sources.mounts import silent_mount

MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /mnt/c rw,noatime - 9p drvfs rw,dirsync,aname=drvfs
31 22 0:27 / /home/me/nfs\040share rw shared:9 master:2 - nfs4 server:/x rw
32 22 0:28 / /mnt/far rw - fuse.sshfs me@there: rw
33 32 254:1 / /srv/local rw - ext4 /dev/vdb rw
34 22 0:29 / /proc rw - proc proc rw
garbage
35 22 0:30 / /overlay rw - overlay overlay rw
"""


@pytest.fixture
def mountinfo(tmp_path: Path) -> str:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS)
    return str(file)


@pytest.mark.parametrize(
    ("path", "kind", "silent"),
    [
        ("/home/me", "ext4", None),
        ("/mnt/c/Users/me/board", "9p", "9p"),
        ("/mnt/clever", "ext4", None),
        ("/home/me/nfs share/board", "nfs4", "nfs4"),
        ("/mnt/far", "fuse.sshfs", "fuse.sshfs"),
        ("/srv/local/board", "ext4", None),
        ("/overlay/board", "overlay", None),
    ],
)
def test_the_innermost_mount_counts(mountinfo: str, path: str, kind: str, silent: str | None) -> None:
    assert filesystem_type(Path(path), mountinfo) == kind
    assert silent_mount(Path(path), mountinfo) == silent


def test_where_the_system_does_not_say_nothing_is_silent(tmp_path: Path) -> None:
    assert silent_mount(tmp_path, str(tmp_path / "no-such-file")) is None


def test_this_machines_own_file_systems_are_known(tmp_path: Path) -> None:
    assert filesystem_type(tmp_path) is not None


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/home/me", None), ("/home/me/nfs share/state", "nfs4"), ("/mnt/far/state", "fuse.sshfs"), ("/overlay/x", None)],
)
def test_a_file_system_of_another_machine_is_known_as_one(mountinfo: str, path: str, kind: str | None) -> None:
    assert network_mount(Path(path), mountinfo) == kind
