"""Whether anybody has a file open for writing: the kernel knows, and answers a request for a read lease with it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

if sys.platform.startswith("linux"):
    import fcntl


def has_writer(path: Path) -> bool | None:
    """True while some process holds `path` open for writing, False when none does, None where nobody can tell.

    A read lease is refused with EAGAIN exactly while a writer exists. It needs the file's owner (or CAP_LEASE) and a
    file system that knows leases; elsewhere the caller must wait until the file stands still. The lease is given back
    at once, a few microseconds later; its break signal is set to SIGURG, which is ignored by default, because the
    default SIGIO would end the process.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False
