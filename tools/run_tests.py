"""Run the Python and the JavaScript tests; the last lines say what had to be left out and how to get it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.kit.browser import chromium_path  # noqa: E402  (the tests' own rule for what counts as a browser)

# Most tests wait for something, so two at a time take half as long. A file stays whole: its fixtures are made once.
WORKERS = str(min(4, os.cpu_count() or 1))
HOW = ("-m", "not faults", "-n", WORKERS, "--dist", "loadfile")
AGAIN = ("-m", "not faults", "-p", "no:xdist", "--last-failed", "--last-failed-no-failures", "none")
FEW = 3
"""So many failures may be the machine's: they are looked at again alone. A fault of ours fails again, or fails more."""
SOME_FAILED = 1
"""Pytest's exit code for it; others mean that the run itself broke."""


def pytest(*arguments: str) -> int:
    """Run it; returns its exit code."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT).returncode


def run_python(arguments: list[str]) -> tuple[bool, list[str]]:
    """Whether the tests passed, and which of them did so only at the second look: those are to be mended."""
    record = ROOT / ".pytest_cache/v/cache/lastfailed"
    record.unlink(missing_ok=True)
    code = pytest(*HOW, *arguments)
    failures = sorted(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else []
    if code != SOME_FAILED or not 0 < len(failures) <= FEW:
        return code == 0, []
    print(f"make test: {len(failures)} failed beside the others; once more, alone", flush=True)
    return pytest(*AGAIN) == 0, failures


def run_javascript(node: str) -> int:
    """Run the page's reducer tests; nothing to run is no failure."""
    files = sorted(str(path) for path in (ROOT / "tests/js").glob("*.test.mjs"))
    return subprocess.run([node, "--test", "--test-reporter=spec", *files], cwd=ROOT).returncode if files else 0


def main() -> int:
    """Run everything this machine can run."""
    required = os.environ.get("REQUIRE_BROWSER") == "1"
    left_out = []
    failed = []
    passed, unsteady = run_python(sys.argv[1:])
    if not passed:
        failed.append("the Python tests failed")
    node = shutil.which("node")
    if node is None:
        left_out.append("the page's reducer tests need node 20 or newer (Debian: apt-get install nodejs)")
    elif run_javascript(node):
        failed.append("the JavaScript tests failed")
    if chromium_path() is None:
        left_out.append("the browser tests need Chromium (Debian: apt-get install chromium)")
    for line in left_out:
        print(f"LEFT OUT: {line}")
    if passed:
        for name in unsteady:
            print(f"UNSTEADY: {name} failed beside the others and passed alone; please report it with the output above")
    if left_out and required:
        failed.append("REQUIRE_BROWSER=1 is set and something it needs is missing")
    print("make test: " + ("; ".join(failed) if failed else "passed" + (", except what was left out" * bool(left_out))))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
