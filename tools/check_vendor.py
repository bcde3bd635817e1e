"""Compare every vendored file with the sha256 that VENDOR.md states for it; exit 1 on any difference."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "llm_service/dashboard/static/vendor"
HASH = re.compile(r"\b[0-9a-f]{64}\b")


def complaints(vendor: Path) -> list[str]:
    """Return one line for each file that is not listed with its hash, and for each hash that no file has."""
    listing = (vendor / "VENDOR.md").read_text(encoding="utf-8")
    stated = {digest: line for line in listing.splitlines() for digest in HASH.findall(line)}
    found = []
    seen = set()
    for path in sorted(p for p in vendor.rglob("*") if p.is_file() and p.name != "VENDOR.md"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        seen.add(digest)
        if digest not in stated:
            found.append(f"{path.relative_to(vendor)}: sha256 {digest} is not in VENDOR.md")
        elif path.name not in stated[digest]:
            found.append(f"{path.relative_to(vendor)}: VENDOR.md lists its sha256 under another name")
    found += [f"VENDOR.md: no file has sha256 {digest}" for digest in stated if digest not in seen]
    return found


def main() -> int:
    """Print what differs."""
    if not (VENDOR / "VENDOR.md").is_file():
        print("vendor-check: static/vendor/VENDOR.md is missing")
        return 1
    found = complaints(VENDOR)
    for line in found:
        print(line)
    print("vendor-check:", f"{len(found)} differences" if found else "every vendored file is as listed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
