"""Run the Python and the JavaScript tests; the last lines say what had to be left out and how to get it."""

from __future__ import annotations

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


def run_javascript(node: str) -> int:
    """Run the page's reducer tests; nothing to run is no failure."""
    files = sorted(str(path) for path in (ROOT / "tests/js").glob("*.test.mjs"))
    return subprocess.run([node, "--test", "--test-reporter=spec", *files], cwd=ROOT).returncode if files else 0


def main() -> int:
    """Run everything this machine can run."""
    required = os.environ.get("REQUIRE_BROWSER") == "1"
    left_out = []
    failed = []
    if subprocess.run([sys.executable, "-m", "pytest", *HOW, *sys.argv[1:]], cwd=ROOT).returncode:
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
    if left_out and required:
        failed.append("REQUIRE_BROWSER=1 is set and something it needs is missing")
    print("make test: " + ("; ".join(failed) if failed else "passed" + (", except what was left out" * bool(left_out))))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
