"""The panel of sources, and the way out of unpriced: what the reader is told of where figures come from and do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.agentlogs.kit import call
from tests.browser.costs_kit import record
from tests.browser.test_access import serious
from tests.kit.server import Server

GOLDEN = Path(__file__).parents[1] / "otlp/golden"


def post_otlp(server: Server, signal: str, name: str) -> None:
    body = (GOLDEN / f"{name}.json").read_bytes()
    answer = server.ask(f"/v1/{signal}", "POST", headers={"Content-Type": "application/json"}, body=body)
    assert answer.status == 200, answer.body


def with_logs(make_server: Callable[..., Server]) -> tuple[Server, Path]:
    """A server that takes OTLP, with a Claude Code session and no real OpenCode database; the session's file."""
    server = make_server(LLM_SERVICE_OTLP="true")
    home = Path(server.environ["HOME"])
    log = home / ".claude/projects/-home-ada-widget/s.jsonl"
    log.parent.mkdir(parents=True)
    log.write_bytes(call(1, sessionId="ses-claude") + b'{"type": "brain-dump"}\n')
    store = home / ".local/share/opencode/opencode.db"
    store.parent.mkdir(parents=True)
    store.write_bytes(b"this is no database " * 100)
    return server.start(), log


def test_sources_are_shown_as_they_are_followed_and_as_they_fail(make_server, open_page):
    server, log = with_logs(make_server)
    page = open_page(server, "#costs").page
    claude = page.locator(".source", has_text="claude-code")
    expect(claude.locator(".call-status")).to_have_text("following")
    expect(claude).to_contain_text("1 file")
    expect(claude).to_contain_text("1 call")
    claude.get_by_text("1 skipped").click()
    expect(claude).to_contain_text("1 × unknown type: brain-dump")
    broken = page.locator(".source", has_text="opencode")
    expect(broken.locator(".call-status")).to_have_text("following, but not every file")
    expect(broken).to_contain_text("file is not a database")
    expect(broken.locator("progress")).to_have_count(0)
    page.get_by_text("folders not found").click()
    expect(page.locator(".source-more", has_text="folders not found")).to_contain_text(".codex/sessions")
    with log.open("ab") as grown:
        grown.write(call(2, sessionId="ses-claude"))
    expect(claude).to_contain_text("2 calls")


def test_a_source_that_is_being_read_shows_how_far(make_server, open_page):
    server, _ = with_logs(make_server)
    page = open_page(server).page

    def half_read(route) -> None:
        """The server's own answer, of the moment in which half is read: no test can hold a real reader there."""
        told = route.fetch().json()
        told["sources"][0] |= {"state": "reading", "bytes_read": 1_500_000, "bytes_total": 3_000_000}
        route.fulfill(json=told)

    page.route("**/api/telemetry/sources", half_read)
    page.goto(f"{server.url}#costs")
    source = page.locator(".source", has_text="claude-code")
    expect(source.locator(".call-status")).to_have_text("reading")
    expect(source).to_contain_text("1.5 MB of 3 MB read")
    expect(source.get_by_role("progressbar", name="claude-code: read so far")).to_have_js_property("value", 1_500_000)


def test_what_came_through_a_second_door_is_shown_and_in_no_sum(make_server, open_page):
    server, _ = with_logs(make_server)
    page = open_page(server, "#costs").page
    expect(page.locator(".source", has_text="claude-code")).to_contain_text("1 call")
    today = server.get_json("/api/stats")["costs"]["total"]
    post_otlp(server, "logs", "claude-logs")
    also = page.locator(".source-also", has_text="Also seen of claude-code")
    expect(also).to_contain_text("in 1 session")
    expect(also).to_contain_text("they are in no sum")
    assert server.get_json("/api/stats")["costs"]["total"] == today
    body = json.loads((GOLDEN / "claude-logs.json").read_text())
    for log_record in body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        log_record["attributes"] = [one for one in log_record["attributes"] if one["key"] != "session.id"]
        log_record["timeUnixNano"] = str(int(log_record["timeUnixNano"]) + 10**9)
    headers = {"Content-Type": "application/json"}
    assert server.ask("/v1/logs", "POST", headers=headers, body=json.dumps(body).encode()).status == 200
    expect(page.locator(".source-also", has_text="without a session")).to_contain_text("may overlap with a log")


def test_the_lines_that_price_a_model_are_the_servers_own(server, open_page):
    record(server, {"model": "qwen3:30b", "input_tokens": 7}, {"model": "our-model-7", "input_tokens": 9})
    page = open_page(server, "#costs").page
    strip = page.locator(".cost-unpriced")
    expect(strip).to_contain_text("2 calls (16 tokens) have no known price")
    strip.get_by_text("How they get a price").click()
    expect(strip).to_contain_text("a model of your own machine, which has no published price")
    expect(strip.locator("pre")).to_contain_text('prices."qwen3:30b" = { free = true }')
    expect(strip.locator("pre")).to_contain_text('prices."our-model-7" = { input = DOLLARS, output = DOLLARS }')
    copied = strip.get_by_role("button", name="Copy").get_attribute("data-copy")
    assert copied == "".join(f"{one['fix']}\n" for one in server.get_json("/api/telemetry/prices")["unpriced"])
    record(server, {"model": "nobody-knows-it", "input_tokens": 5})
    expect(strip.locator("pre")).to_contain_text("nobody-knows-it")


def test_axe_finds_nothing_serious_in_sources_and_reasons(make_server, context_of):
    server, _ = with_logs(make_server)
    record(server, {"model": "our-model-7", "input_tokens": 9})
    page = context_of(server, bypass_csp=True, reduced_motion="reduce").new_page()
    page.goto(f"{server.url}#costs")
    page.get_by_text("How they get a price").click()
    expect(page.locator(".source", has_text="claude-code")).to_be_visible()
    assert serious(page) == []


def test_the_top_bar_fits_a_phone_with_money_and_problems(server, work_dir, open_page):
    work_dir.write("inbox/broken.yaml", "title: [\n")
    record(server, {"model": "claude-sonnet-4-5", "input_tokens": 100, "cost_usd": 123.45})
    page = open_page(server, "#costs", viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True).page
    expect(page.locator("#topbar .chip.danger")).to_be_visible()
    expect(page.locator(".ticker [data-part=today]")).to_have_text("$123.45")
    beyond = "() => document.querySelector('#topbar').scrollWidth - document.querySelector('#topbar').clientWidth"
    assert page.evaluate(beyond) <= 0
    server.kill()
    expect(page.locator("[data-part=connection]")).to_have_text("Reconnecting")
    assert page.evaluate(beyond) <= 0, "while it is away"


def test_a_section_has_its_name_in_the_title_and_for_screen_readers(server, open_page):
    page = open_page(server).page
    expect(page.get_by_role("main", name="Board")).to_be_visible()
    page.keyboard.press("5")
    expect(page.get_by_role("main", name="Costs")).to_be_visible()
    assert page.title().startswith("Costs · ")
    page.keyboard.press("1")
    expect(page.get_by_role("main", name="Board")).to_be_visible()
    assert not page.title().startswith("Costs")
