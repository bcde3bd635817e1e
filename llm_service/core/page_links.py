"""Where the page shows a thing. Whatever a server calls it, its key is one part of the address."""

from __future__ import annotations


def run_link(key: str) -> str:
    """The page of a run."""
    return f"#run={_quoted(key)}"


def job_link(key: str) -> str:
    """The page of a training job."""
    return f"#job={_quoted(key)}"


def _quoted(key: str) -> str:
    """Percent-encoded as RFC 3986 has it, but for the colon that stands after a source's name."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-._~:") else _escaped(sign) for sign in key)


def _escaped(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "replace"))
