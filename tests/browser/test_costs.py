"""The page Costs against a real server: what it shows is what the database holds, live, as text, and within reach."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.browser.costs_kit import chart, drawn_colours, figures, iso, record, sql, table_of, three_days
from tests.browser.test_access import serious
from tests.browser.test_hostile import PAYLOADS

CALL = {"model": "claude-sonnet-4-5", "agent": "pedro", "input_tokens": 100_000, "output_tokens": 10_000}
"""At 3 and 15 dollars a million tokens: 0.45 dollars."""


def test_the_ticker_changes_without_a_reload(server, open_page):
    page = open_page(server)
    today = page.page.locator(".ticker [data-part=today]")
    expect(today).to_have_text("$0.00")
    expect(page.page.locator("#rail a[href='#costs']")).to_have_count(0)
    record(server, CALL)
    expect(today).to_have_text("$0.45")
    expect(page.page.locator("#rail a[href='#costs']")).to_be_visible()
    record(server, {"model": "nobody-knows-it", "input_tokens": 5})
    expect(page.page.locator(".ticker-unpriced")).to_have_text("1 unpriced")
    page.page.locator(".ticker").click()
    expect(page.page.locator(".stat-figure").first).to_have_text("$0.45")
    assert page.fragment() == "#costs"


def test_figures_nobody_knows_are_dashes(server, open_page):
    page = open_page(server)
    page.page.route("**/socket.io/**", lambda route: route.abort())
    other = page.context.new_page()
    other.route_web_socket("**/socket.io/**", lambda line: line.close())
    other.route("**/socket.io/**", lambda route: route.abort())
    other.goto(server.url)
    expect(other.locator(".ticker [data-part=today]")).to_have_text("–")


def test_no_page_but_costs_pays_for_charts(server, open_page):
    page = open_page(server)
    expect(page.column("inbox")).to_be_visible()
    asked = page.page.evaluate("() => performance.getEntriesByType('resource').map(({ name }) => name)")
    assert [name for name in asked if "chart.js" in name or "/costs/page" in name or "charts.css" in name] == []


def test_each_chart_is_drawn_and_its_table_equals_the_database(server, open_page):
    three_days(server)
    page = open_page(server, "#costs?range=7d")
    for name in ("cost", "tokens", "models", "agents", "latency", "errors"):
        assert drawn_colours(page, name) > 4, f"{name} is drawn"
    day = "strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch')"
    by_day = sql(
        server,
        f"select sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens),"
        f" sum(reasoning_tokens) from invocations group by {day} order by {day}",
    )
    assert [row for row in figures(table_of(page, "tokens")) if any(row)] == by_day
    models = sql(
        server,
        "select model, coalesce(sum(cost_nano), 0) / 1e9, count(*) from invocations group by model order by 2 desc",
    )
    told = [(name, usd, float(calls)) for name, usd, calls, *_ in table_of(page, "models")]
    assert [usd for name, usd, _ in told if name == "nobody-knows-it"] == ["–"], "nobody knows it: no 0"
    assert [(name, 0.0 if usd == "–" else float(usd), calls) for name, usd, calls in told] == models
    agents = sql(
        server, "select agent, coalesce(sum(cost_nano), 0) / 1e9 from invocations group by agent order by 2 desc"
    )
    assert [(name, 0.0 if usd == "–" else float(usd)) for name, usd, *_ in table_of(page, "agents")] == agents
    failed = sql(server, f"select count(*), sum(status <> 'success') from invocations group by {day} order by {day}")
    shown = [(calls, errors) for _, calls, errors in figures(table_of(page, "errors")) if calls]
    assert shown == failed
    means = sql(server, f"select avg(latency_ms) from invocations group by {day} order by {day}")
    mean = [row[0] for row in figures(table_of(page, "latency")) if row[0] >= 0]
    assert mean == [pytest.approx(value) for (value,) in means]
    heads = chart(page, "cost").locator(".legend-item span").all_text_contents()
    total = {
        name: sum(column)
        for name, column in zip(heads, zip(*figures(table_of(page, "cost")), strict=True), strict=True)
    }
    assert total == {name: pytest.approx(usd) for name, usd, _ in models}


def test_todays_bar_grows_while_one_looks_at_it(server, open_page):
    record(server, CALL)
    page = open_page(server, "#costs?range=7d")
    assert table_of(page, "cost")[-1][1] == "0.45"
    record(server, CALL)
    chart(page, "cost").locator("[data-action=chart-table]").click()
    expect(chart(page, "cost").locator("tbody tr").last.locator("td")).to_have_text("$0.90")


def test_the_csv_of_a_chart_is_its_table(server, open_page):
    three_days(server)
    page = open_page(server, "#costs?range=7d")
    with page.page.expect_download() as download:
        chart(page, "models").locator("[data-action=chart-csv]").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert download.value.suggested_filename == "models.csv"
    assert rows[0][:3] == ["Model", "Cost (USD)", "Calls"]
    expected = sql(
        server, "select model, coalesce(sum(cost_nano), 0) / 1e9 from invocations group by 1 order by 2 desc"
    )
    assert [(name, float(usd or 0)) for name, usd, *_ in rows[1:]] == expected
    assert [usd for name, usd, *_ in rows if name == "nobody-knows-it"] == [""]
    with page.page.expect_download() as download:
        chart(page, "cost").locator("[data-action=chart-png]").click()
    assert download.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_csv_of_the_calls_is_what_is_kept(server, open_page):
    record(server, CALL, {"model": "=cmd|calc", "input_tokens": 3})
    page = open_page(server, "#costs")
    with page.page.expect_download() as download:
        page.page.get_by_role("link", name="calls of this range as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert sorted((row["model"], row["input_tokens"]) for row in rows) == [
        ("'=cmd|calc", "3"),
        ("claude-sonnet-4-5", "100000"),
    ]


def test_the_legend_filters_by_keyboard(server, open_page):
    three_days(server)
    page = open_page(server, "#costs?range=7d")
    before = drawn_colours(page, "models")
    item = chart(page, "models").get_by_role("button", name="claude-opus-4-5", exact=True)
    drawn = int(chart(page, "models").locator("chart-canvas").get_attribute("data-drawn"))
    item.press("Enter")
    expect(item).to_have_attribute("aria-pressed", "false")
    expect(chart(page, "models").locator("chart-canvas")).to_have_attribute("data-drawn", str(drawn + 1))
    assert drawn_colours(page, "models") != before
    chart(page, "models").get_by_role("button", name="Show all").press("Enter")
    expect(item).to_have_attribute("aria-pressed", "true")


def test_arrows_read_a_chart_point_by_point(server, open_page):
    record(server, CALL)
    page = open_page(server, "#costs?range=7d")
    drawn_colours(page, "cost")
    chart(page, "cost").locator("canvas").press("ArrowLeft")
    expect(chart(page, "cost").locator("[role=status]")).to_contain_text("claude-sonnet-4-5 $0.45")


def test_a_page_without_calls_says_what_would_fill_it(server, open_page):
    page = open_page(server, "#costs")
    expect(page.page.get_by_role("heading", name="No model call has been recorded yet")).to_be_visible()
    expect(page.page.locator(".message pre")).to_have_count(2)
    expect(page.page.locator(".message")).to_contain_text(f"{server.url}api/telemetry/invocations")
    record(server, CALL)
    expect(chart(page, "cost")).to_be_visible()


def test_what_is_chosen_is_in_the_address_and_survives_a_reload(server, open_page):
    three_days(server)
    page = open_page(server, "#costs")
    page.page.get_by_role("button", name="last 7 days").click()
    page.page.locator("[data-input=costs-by]").select_option("agent")
    page.page.locator("[data-field=model] >> nth=0").select_option("=gpt-5-mini")
    expect(page.page.locator("#invocations tbody tr")).to_have_count(7)
    assert page.fragment() == "#costs?range=7d&by=agent&model=gpt-5-mini"
    page.page.reload()
    expect(page.page.locator("#invocations tbody tr")).to_have_count(7)
    expect(page.page.get_by_role("button", name="last 7 days")).to_have_attribute("aria-pressed", "true")
    expect(chart(page, "cost").get_by_role("button", name="pedro", exact=True)).to_be_visible()
    page.page.go_back()
    expect(page.page.locator("#invocations tbody tr")).to_have_count(22)


def test_nodes_are_shown_once_there_are_some_and_can_be_told_apart(server, open_page):
    record(server, CALL)
    page = open_page(server, "#costs?range=7d&by=node")
    heads = page.page.locator("#invocations thead th")
    expect(page.page.locator("#invocations tbody tr")).to_have_count(1)
    expect(heads.get_by_text("Node", exact=True)).to_have_count(0)
    expect(page.page.locator("[data-input=costs-row-filter][data-field=node]")).to_have_count(0)
    assert table_of(page, "cost")[-1][1] == "0.45"
    record(server, {**CALL, "node": "spark"}, {**CALL, "node": "linux"})
    expect(heads.get_by_text("Node", exact=True)).to_be_visible()
    expect(chart(page, "cost").get_by_role("button", name="spark", exact=True)).to_be_visible()
    page.page.locator("[data-input=costs-row-filter][data-field=node]").select_option("=spark")
    expect(page.page.locator("#invocations tbody tr")).to_have_count(1)
    assert page.fragment() == "#costs?range=7d&by=node&node=spark"
    page.page.locator("[data-input=costs-row-filter][data-field=node]").select_option("any")
    page.page.locator("#invocations").get_by_role("button", name="Only node linux").click()
    expect(page.page.locator("#invocations tbody tr")).to_have_count(1)
    page.page.locator("[data-input=costs-row-filter][data-field=node]").select_option("=")
    expect(page.page.locator("#invocations tbody .cell-button", has_text="spark")).to_have_count(0)
    expect(page.page.locator("#invocations tbody tr")).to_have_count(1)


def test_new_calls_wait_while_somebody_reads_the_table(server, open_page):
    three_days(server)
    page = open_page(server, "#costs")
    rows = page.page.locator("#invocations tbody tr")
    expect(rows).to_have_count(22)
    page.page.locator("#invocations .cell-button").first.focus()
    record(server, {**CALL, "model": "gpt-5-mini"})
    chip = page.page.locator("#invocations .chip.held")
    expect(chip).to_have_text("1 new")
    expect(rows).to_have_count(22)
    chip.press("Enter")
    expect(rows).to_have_count(23)
    expect(rows.first).to_contain_text("gpt-5-mini")
    record(server, CALL)
    expect(rows).to_have_count(24)


def test_older_calls_are_a_button_away(server, open_page):
    record(server, *({**CALL, "timestamp": iso(number)} for number in range(120)))
    page = open_page(server, "#costs")
    rows = page.page.locator("#invocations tbody tr")
    for count in (50, 100, 120):
        expect(rows).to_have_count(count)
        if count < 120:
            page.page.get_by_role("button", name="Show older").click()
    expect(page.page.get_by_role("button", name="Show older")).to_have_count(0)


def test_charts_that_cannot_be_loaded_are_dimmed_and_can_be_asked_again(server, open_page):
    record(server, CALL)
    page = open_page(server, "#costs")
    expect(chart(page, "cost")).to_be_visible()
    page.page.route("**/api/costs?*", lambda route: route.fulfill(status=503, json={"error": "the disk is full"}))
    page.page.get_by_role("button", name="last 7 days").click()
    expect(page.page.locator(".page-failure")).to_contain_text("the disk is full. They are as they were at")
    expect(chart(page, "cost")).to_have_attribute("data-stale", "")
    page.page.unroute("**/api/costs?*")
    page.page.get_by_role("button", name="Try again").click()
    expect(page.page.locator(".page-failure")).to_have_count(0)
    expect(chart(page, "cost")).not_to_have_attribute("data-stale", "")


def test_charts_follow_the_theme(server, open_page):
    record(server, CALL)
    page = open_page(server, "#costs", color_scheme="light")
    drawn_colours(page, "cost")
    canvas = chart(page, "cost").locator("canvas")
    light = canvas.evaluate("(canvas) => canvas.toDataURL()")
    before = int(chart(page, "cost").locator("chart-canvas").get_attribute("data-drawn"))
    page.page.emulate_media(color_scheme="dark")
    expect(chart(page, "cost").locator("chart-canvas")).to_have_attribute("data-drawn", str(before + 1))
    assert canvas.evaluate("(canvas) => canvas.toDataURL()") != light


def test_hostile_names_are_text_everywhere(server, open_page):
    record(
        server,
        *(
            {
                **CALL,
                "model": name[:200],
                "agent": name[:200],
                "project": name[:200],
                "node": name[:200],
                "error": name,
                "status": "error",
                "cost_usd": 0.5,
            }
            for name in PAYLOADS
        ),
    )
    page = open_page(server, "#costs?range=7d")
    expect(page.page.locator("#invocations tbody tr")).to_have_count(40)
    shown = page.page.locator("#invocations tbody .cell-button").all_text_contents()
    visible = [name for name in PAYLOADS if not any(0x2000 < ord(letter) < 0x2070 for letter in name)]
    assert [name for name in visible if name not in shown] == []
    for name in ("cost", "models", "agents"):
        drawn_colours(page, name)
        box = chart(page, name).locator("canvas").bounding_box()
        page.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.15)
        labels = [row[0] for row in table_of(page, name)]
        assert name == "cost" or any(label.startswith("<") for label in labels)
    assert page.page.evaluate("() => window.__xss") is None
    assert page.page.locator("#board :is(script, iframe, img, style, video, form, math, object, embed)").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_serious(server, context_of, scheme, width):
    three_days(server)
    options = {"color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = context_of(server, **options, viewport={"width": width, "height": 900}).new_page()
    page.goto(f"{server.url}#costs?range=7d")
    expect(page.locator("chart-canvas[data-drawn]")).to_have_count(6)
    expect(page.locator("#invocations tbody tr")).to_have_count(22)
    assert serious(page) == []
    page.locator("[data-action=chart-table]").first.click()
    expect(page.locator(".chart-table")).to_be_visible()
    assert serious(page) == [], "with a table"
    overflow = page.evaluate(
        "() => document.querySelector('.costs').scrollWidth - document.querySelector('.costs').clientWidth"
    )
    assert overflow <= 0, "the page does not scroll sideways"


@pytest.mark.parametrize(("width", "least"), [(1440, 32), (360, 44)])
def test_targets_are_large_enough(server, open_page, width, least):
    three_days(server)
    page = open_page(
        server, "#costs", viewport={"width": width, "height": 900}, has_touch=width < 500, is_mobile=width < 500
    )
    expect(page.page.locator("#invocations tbody tr")).to_have_count(22)
    small = page.page.locator("#topbar a, .costs :is(button, select, a, summary)").evaluate_all(
        "(nodes, least) => nodes.map((node) => (node.closest('label') ?? node))"
        ".filter((node) => node.checkVisibility())"
        ".map((node) => [node.textContent.trim(), Math.round(node.getBoundingClientRect().height)])"
        ".filter(([, height]) => height < least)",
        least,
    )
    assert small == []
