"""What a server loads: not what it never uses, and nothing is spoilt for who needs it later."""

from __future__ import annotations

import subprocess
import sys


def told(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_server_without_watched_servers_has_no_http_client() -> None:
    names = ("requests", "urllib3", "websocket", "markdown_it", "pydantic", "numpy")
    loaded = f"[name for name in {names} if name in sys.modules]"
    code = f"import sys, llm_service.runtime, llm_service.dashboard.app; print({loaded})"
    assert told(code) == "[]\n"


def test_what_was_left_out_can_be_imported_afterwards() -> None:
    code = "import llm_service.dashboard.app; import requests; print(requests.get.__name__)"
    assert told(code) == "get\n"


def test_a_client_in_the_same_program_keeps_what_it_loaded() -> None:
    code = (
        "import requests, engineio, llm_service.dashboard.app, sys;"
        "print(engineio.client.requests is requests, sys.modules['requests'] is requests)"
    )
    assert told(code) == "True True\n"


def test_a_database_is_made_without_numpy() -> None:
    code = (
        "import sqlite3, sys; from llm_service.telemetry.migrations import migrate;"
        "migrate(sqlite3.connect(':memory:', isolation_level=None)); print('numpy' in sys.modules)"
    )
    assert told(code) == "False\n"
