"""Verbs of the section Workers: runs and sources told to a real board's hub, and cards looked up on the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator

from llm_service.core.observations import Announced
from llm_service.core.runs.shapes import RunCard
from tests.browser.page_of import PageOf
from tests.kit.boards import Board
from tests.kit.run_cards import run_card

SIZES = "(nodes) => nodes.map((node) => [node.textContent.trim(), Math.round(node.getBoundingClientRect().height)])"


def iso(ago_s: float = 0.0) -> str:
    """A time so many seconds ago."""
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def working(name: str, **fields: Any) -> RunCard:
    """A run that works just now on the source `spark`."""
    usual: dict[str, Any] = {
        "source": "spark",
        "status": "running",
        "badge": "RUNNING",
        "type": "qa",
        "domain": "AWS IAM",
        "model": "gpt-4o",
        "node": "spark",
        "agent": "code_agent",
        "iteration": 3,
        "max_iter": 20,
        "progress": 15.0,
        "tokens_in": 640,
        "tokens_out": 1210,
        "tokens_per_s": 38.2,
        "rates": [None, 20.0, 30.0, 38.2],
        "first_token_s": 0.84,
        "last_token_at": iso(0.5),
        "snippet": "def load(path):",
        "created_at": iso(60),
        "started_at": iso(58),
        "finished_at": None,
        "duration_s": None,
        "line": line(),
    }
    return run_card(name, **{**usual, **fields})


def line(state: str = "live", reason: str = "", **more: Any) -> dict[str, Any]:
    """How a stream stands."""
    return {
        "state": state,
        "since": iso(60),
        "last_heard_at": iso(1),
        "next_try_at": None,
        "reason": reason,
        **more,
    }


def tell_source(board: Board, name: str = "spark", state: str = "live", reason: str = "", **more: Any) -> None:
    """A watched server as it stands now."""
    counts = ("open", "connecting", "backing_off", "stopped", "events", "unknown_events", "broken_events")
    card = {
        "key": name,
        "kind": "bobspark",
        "url": "http://10.0.0.69:9010",
        "clock_skew_s": None,
        "concerns": [],
        "streams": dict.fromkeys(counts, 0),
        **line(state, reason),
        **more,
    }
    event = "source.connected" if state == "live" else "source.changed"
    board.runtime.hub.publish(Announced("sources", event, {"source": card}, rows={name: card}))


def tell(board: Board, *runs: RunCard, gone: tuple[str, ...] = (), **aside: Any) -> None:
    """Runs as they stand now, in one event; `aside` is fleet and batches."""
    rows: dict[str, Any] = {run["key"]: run for run in runs}
    body = {"runs": list(rows.values()), "gone": list(gone), **aside}
    listed = {**rows, **dict.fromkeys(gone)}
    board.runtime.hub.publish(Announced("runs", "run.advanced", body, rows=listed, aside=aside))


def fleet(**figures: Any) -> dict[str, Any]:
    """Figures of all workers."""
    usual = {
        "workers": 0,
        "running": 0,
        "unheard": 0,
        "queued": 0,
        "done": 0,
        "failed": 0,
        "tokens_per_s": 0.0,
        "tokens_out": 0,
    }
    return {**usual, "eta_s": None, "eta_low_s": None, "eta_high_s": None, **figures}


def card(page: PageOf, run_id: str) -> Locator:
    """The card of a run."""
    return page.page.locator(f".run-card:has(.id[data-copy='{run_id}'])")


def part(page: PageOf, run_id: str, name: str) -> Locator:
    """One figure or text of a card."""
    return card(page, run_id).locator(f"[data-part={name}]")


def order(page: PageOf) -> list[str]:
    """The cards' run ids as they stand."""
    found: list[str] = page.page.locator(".run-card .id").evaluate_all(
        "(nodes) => nodes.map((node) => node.dataset.copy)"
    )
    return found
