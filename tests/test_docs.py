"""What is documented is there, and what is there is documented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from llm_service.core.events import CATALOGUE
from llm_service.core.routes import ROUTES
from llm_service.settings import TABLE

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_generated_documents_are_those_of_the_code():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/make_docs.py"), "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_event_has_one_heading():
    headings = re.findall(r"^### `([a-z_.]+)`$", (ROOT / "docs/events.md").read_text(), re.M)
    assert sorted(headings) == sorted(event.name for event in CATALOGUE)


def test_every_setting_has_one_row():
    rows = re.findall(r"^\| `([a-z_]+)` \| (?:`--|–)", (ROOT / "docs/settings.md").read_text(), re.M)
    assert rows == list(TABLE)


def test_every_route_has_one_heading():
    headings = re.findall(r"^### `(GET|POST|PUT|DELETE) ([^`]+)`$", (ROOT / "docs/rest.md").read_text(), re.M)
    assert headings == [(route.method, route.path) for route in ROUTES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_every_document_is_linked_from_the_readme():
    linked = set(re.findall(r"\]\(docs/([a-z-]+\.md)", (ROOT / "README.md").read_text()))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - linked == set()


def test_every_decision_is_in_the_index():
    linked = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (ROOT / "docs/decisions/README.md").read_text())
    assert linked == sorted(page.name for page in (ROOT / "docs/decisions").glob("0*.md"))


def test_the_make_verbs_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text(), re.M))
    assert verbs
    assert [verb for verb in verbs if not re.search(rf"^{verb}:", makefile, re.M)] == []


def test_the_server_never_imports_what_only_the_tools_need():
    code = (
        "import sys, llm_service.runtime, llm_service.dashboard.app, llm_service.dashboard.server\n"
        "import llm_service.telemetry_wiring, llm_service.telemetry.price_parts, llm_service.dashboard.prices_api\n"
        "unwanted = ('pydantic', 'genai_prices', 'rich', 'playwright', 'hypothesis')\n"
        "print([name for name in unwanted if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_list_of_faults_names_tests_that_are_there() -> None:
    """A name that ends in … is a beginning; one that begins with it is in the file named before."""
    folder = ROOT / "tests/faults"
    text = (folder / "README.md").read_text(encoding="utf-8")
    missing, code = [], ""
    for path, name in re.findall(r"`(…|[\w/]+\.py)(?:::(test_\w+)…?)?`", text):
        if path != "…":
            file = ROOT / path if "/" in path else folder / path
            code = file.read_text(encoding="utf-8") if file.is_file() else ""
        if not code or f"def {name}" not in code:
            missing.append(f"{path}::{name}")
    assert missing == []
