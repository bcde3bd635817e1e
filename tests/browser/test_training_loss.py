"""The loss chart on a real board and the real loss log: live, zoomed, sick, compared, by keyboard, downloaded."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from llm_service.core.loss.points import Point
from tests.browser.page_of import PageOf
from tests.browser.training_kit import Training, asked, at, chip, curve, drawing, told
from tests.kit.boards import running_board

FT = "spark:ft_1"
FIRST = "document.querySelector('loss-canvas').view.lines[0].curve"
NOT_WHITE = """
(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 255) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  }
  return [...seen];
}
"""
COLOUR = """
(name) => {
  const probe = document.createElement("span");
  document.body.append(probe);
  probe.style.color = `var(--${name})`;
  const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  probe.remove();
  return (r << 16) | (g << 8) | b;
}
"""


@pytest.fixture
def training(tmp_path) -> Iterator[Training]:
    """A board with one fine-tune that runs."""
    (tmp_path / "board").mkdir()
    with running_board(tmp_path / "board", tmp_path / "state") as board:
        telling = Training(board)
        telling.begin(FT, name="donut")
        yield telling
        telling.stop()


def drawn_in(page: Page, colour: str) -> bool:
    """Whether a colour of the theme is on the drawing."""
    return page.evaluate(COLOUR, colour) in page.locator("loss-canvas canvas").evaluate(NOT_WHITE)


def drag(page: Page, left: float, right: float) -> None:
    """Drag over a part of the drawing, in shares of its width."""
    box = drawing(page).locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * left, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * right, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()


def said(page: Page) -> str:
    return page.locator("loss-canvas [role=status]").inner_text()


def steps_drawn(page: Page) -> list[int]:
    """The last steps of the first line's buckets, as the drawing has them."""
    return page.locator("loss-canvas").evaluate("(chart) => chart.view.lines[0].curve.buckets.last_step")


def test_a_curve_is_drawn_with_its_figures(training, open_page: Callable[..., PageOf]) -> None:
    points = curve(200)
    training.steps(FT, points)
    page = open_page(training.board, f"#job={FT}").page
    drawing(page)
    assert drawn_in(page, "series-1")
    best = min(points, key=lambda point: point.loss)
    expect(chip(page, "last")).to_have_text(f"{points[-1].loss:.4f}")
    expect(chip(page, "best")).to_have_text(f"{best.loss:.4f} step {best.step}")
    expect(chip(page, "max")).to_have_text(f"{max(point.loss for point in points):.4f}")
    assert steps_drawn(page) == [point.step for point in points]


def test_steps_that_come_are_drawn_without_a_question(training, open_page) -> None:
    points = curve(120)
    training.steps(FT, points[:100])
    training.advance(FT, step=100)
    page = open_page(training.board, f"#job={FT}").page
    drawing(page)
    expect(page.locator(".loss[data-words=ready]")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    questions = asked(page)
    training.losses.append(FT, FT, points[100:])
    expect(chip(page, "last")).to_have_text(f"{points[-1].loss:.4f}")
    page.wait_for_function(f"() => {FIRST}.buckets.last_step.at(-1) === 120")
    assert questions == []
    answer = training.board.get(f"/api/training/{FT}/series?points=1500&smoothing=0.8")[1]
    told_by_server = answer["series"][0]["buckets"]["smooth"]
    drawn = page.locator("loss-canvas").evaluate("(chart) => chart.view.lines[0].curve.buckets.smooth")
    assert drawn == pytest.approx(told_by_server, abs=1e-9), "what the page smooths itself is what the server says"


def test_a_drag_zooms_and_asks_for_the_detail_and_escape_shows_all_again(training, open_page) -> None:
    training.steps(FT, curve(6_000))
    opened = open_page(training.board, f"#job={FT}")
    page = opened.page
    drawing(page)
    assert len(steps_drawn(page)) < 2_000, "buckets"
    questions = asked(page)
    drag(page, 0.45, 0.5)
    page.wait_for_function("() => location.hash.includes('from=')")
    page.wait_for_function(f"() => {FIRST}.width === 1")
    assert len(questions) == 1
    assert "from=" in questions[0]
    assert "to=" in questions[0]
    shown = steps_drawn(page)
    assert all(later - one == 1 for one, later in itertools.pairwise(shown)), "every step of the part"
    expect(page.get_by_role("button", name="show all")).to_be_visible()
    drawing(page).locator("canvas").press("Escape")
    page.wait_for_function("() => !location.hash.includes('from=')")
    page.wait_for_function(f"() => Math.max(...{FIRST}.buckets.last_step) === 6000")
    drag(page, 0.2, 0.8)
    page.wait_for_function("() => location.hash.includes('from=')")
    page.locator("loss-canvas canvas").dblclick()
    page.wait_for_function("() => !location.hash.includes('from=')")


def test_by_keyboard_it_is_read_zoomed_and_reset(training, open_page) -> None:
    points = curve(50)
    training.steps(FT, points)
    page = open_page(training.board, f"#job={FT}&smooth=0").page
    canvas = drawing(page).locator("canvas")
    canvas.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert said(page) == f"Step 2: {points[1].loss:.4f}."
    expect(page.locator(".loss-tip")).to_contain_text("Step 2")
    page.keyboard.press("End")
    assert said(page) == f"Step 50: {points[-1].loss:.4f}."
    page.keyboard.press("+")
    page.wait_for_function("() => location.hash.includes('from=')")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.hash.includes('from=')")


def test_a_wheel_zooms_when_the_drawing_is_chosen_and_else_the_page_scrolls(training, open_page) -> None:
    training.steps(FT, curve(300))
    page = open_page(training.board, f"#job={FT}", viewport={"width": 1200, "height": 500}).page
    canvas = drawing(page).locator("canvas")
    canvas.scroll_into_view_if_needed()
    canvas.hover()
    page.mouse.wheel(0, 60)
    page.wait_for_function("() => document.querySelector('.page').scrollTop > 0")
    canvas.focus()
    canvas.hover()
    page.mouse.wheel(0, -100)
    page.wait_for_function("() => location.hash.includes('from=')")


def test_steps_without_a_number_are_a_marked_gap_and_a_list(training, open_page) -> None:
    sick = [point._replace(loss=math.nan) if 40 <= point.step <= 44 else point for point in curve(100)]
    training.steps(FT, sick)
    page = open_page(training.board, f"#job={FT}&smooth=0&target=off").page
    drawing(page)
    assert drawn_in(page, "error")
    expect(page.locator(".loss-troubles [data-kind=bad]")).to_contain_text("No number at steps 40 to 44.")
    expect(chip(page, "no-number")).to_have_text("5")
    gap = "(chart) => chart.view.lines[0].curve.buckets.last.slice(38, 46)"
    assert page.locator("loss-canvas").evaluate(gap)[1:6] == [None] * 5
    page.locator(".loss-troubles [data-kind=bad]").get_by_role("button", name="Zoom to step 40").click()
    page.wait_for_function("() => location.hash.includes('from=20')")


def test_steps_that_nobody_saw_are_a_hole_with_its_length(training, open_page) -> None:
    training.steps(FT, [point for point in curve(300) if not 100 <= point.step <= 180])
    page = open_page(training.board, f"#job={FT}").page
    drawing(page)
    expect(page.locator(".loss-troubles [data-kind=hole]")).to_contain_text("Nothing was seen between steps 99 to 181.")


def test_alarms_stand_on_the_drawing_and_below_it_with_their_sentence(training, open_page) -> None:
    training.steps(FT, curve(100))
    page = open_page(training.board, f"#job={FT}&smooth=0&target=off").page
    drawing(page)
    assert not drawn_in(page, "error")
    training.raise_alarm()
    row = page.locator(".loss-troubles [data-alarm=spike]")
    expect(row).to_contain_text(told()["sentence"])
    expect(drawing(page)).to_have_attribute("data-alarms", "1")
    assert drawn_in(page, "error")
    canvas = page.locator("loss-canvas canvas")
    canvas.focus()
    page.keyboard.press("Home")
    for _ in range(39):
        page.keyboard.press("ArrowRight")
    assert said(page).startswith("Step 40:")
    assert told()["sentence"] in said(page)


def test_three_runs_are_laid_over_each_other_and_one_is_taken_away(training, open_page) -> None:
    for number, name in enumerate(("aws", "docs"), 2):
        key = f"spark:ft_{number}"
        training.begin(key, name=name)
        training.steps(key, curve(60 * number, seed=number))
    training.steps(FT, curve(60))
    opened = open_page(training.board, f"#job={FT}")
    page = opened.page
    drawing(page)
    page.get_by_label("Compare with").select_option("spark:ft_2")
    page.get_by_label("Compare with").select_option("spark:ft_3")
    rows = page.locator(".loss-legend tbody tr")
    expect(rows).to_have_count(3)
    expect(drawing(page)).to_have_attribute("data-lines", "3")
    assert opened.fragment() == f"#job={FT}&with=spark:ft_2,spark:ft_3"
    for slot in ("series-1", "series-2", "series-4"):
        assert drawn_in(page, slot), slot
    first = "(chart) => chart.view.lines.map(({ curve }) => curve.buckets.step[0])"
    assert page.locator("loss-canvas").evaluate(first) == [1, 1, 1]
    page.get_by_role("button", name="Take aws out of the chart").click()
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)


def test_the_tab_opens_with_the_newest_curve_keeps_it_and_a_choice_is_in_the_address(training, open_page) -> None:
    training.begin("spark:ft_0", name="old", started_at=at(9_000))
    training.steps("spark:ft_0", curve(20))
    training.advance("spark:ft_0", series=["spark:ft_0"])
    training.end("spark:ft_0")
    training.steps(FT, curve(30))
    opened = open_page(training.board, "#training?tab=loss")
    page = opened.page
    drawing(page)
    expect(page.locator(".loss-implied")).to_contain_text("The newest training that runs: donut")
    assert opened.fragment() == "#training?tab=loss"
    training.begin("spark:ft_9", name="newer", started_at=at(1))
    expect(page.get_by_label("Add a run").locator("option[value='spark:ft_9']")).to_be_attached()
    expect(page.locator(".loss-implied")).to_contain_text("donut")
    page.locator("loss-canvas canvas").focus()
    page.keyboard.press("+")
    page.wait_for_function("() => location.hash.includes('from=')")
    assert f"with={FT}" in opened.fragment(), "steps in the address belong to a run"
    page.goto("about:blank")
    page.goto(f"{training.board.url}#training?tab=loss")
    page.get_by_label("Add a run").select_option("spark:ft_0")
    expect(page.locator(".loss-legend tbody tr")).to_have_count(2)
    assert opened.fragment().count("spark:") == 2
    expect(page.locator(".loss-implied")).to_have_count(0)


def test_a_curve_without_a_number_is_drawn_on_every_axis(training, open_page) -> None:
    training.steps(FT, [point._replace(loss=math.nan) for point in curve(20)])
    page = open_page(training.board, f"#job={FT}&y=log&xlog=yes").page
    drawing(page)
    assert not page.locator("loss-canvas[data-failed]").count()
    expect(chip(page, "no-number")).to_have_text("20")


def test_every_choice_is_in_the_address_and_comes_back(training, open_page) -> None:
    training.steps(FT, curve(80))
    opened = open_page(training.board, f"#job={FT}")
    page = opened.page
    drawing(page)
    questions = asked(page)
    page.get_by_label("Smoothing").press("ArrowRight")
    page.wait_for_function("() => location.hash.includes('smooth=0.9')")
    page.wait_for_function(f"() => {FIRST}.smoothing === 0.9")
    assert "smoothing=0.9" in questions[-1]
    page.get_by_role("button", name="Relative").click()
    page.get_by_role("button", name="Log Y").click()
    page.get_by_role("button", name="Log X").click()
    page.get_by_role("button", name="Target 0.3").click()
    assert opened.fragment() == f"#job={FT}&smooth=0.9&x=relative&y=log&xlog=yes&target=off"
    page.reload()
    drawing(page)
    for name in ("Relative", "Log Y", "Log X"):
        expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Clock").click()
    expect(page.get_by_role("button", name="Log X")).to_have_count(0)


def test_the_table_and_the_downloads_have_the_same_numbers(training, open_page) -> None:
    points = curve(30)
    training.steps(FT, points)
    page = open_page(training.board, f"#job={FT}").page
    drawing(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download what is shown of Loss as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert [int(row["last_step"]) for row in rows] == [point.step for point in points]
    assert [float(row["loss"]) for row in rows] == pytest.approx([point.loss for point in points])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download Loss as PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Loss as a table").click()
    expect(page.locator(".loss .chart-table tbody tr")).to_have_count(30)
    expect(page.locator(".loss .chart-table tbody tr").last).to_contain_text(f"{points[-1].loss:.4f}")


def test_a_failure_is_said_keeps_what_was_there_and_is_asked_again(training, open_page) -> None:
    training.steps(FT, curve(40))
    page = open_page(training.board, f"#job={FT}").page
    drawing(page)
    page.route("**/series?*", lambda route: route.fulfill(status=503, json={"error": "the disk is full"}))
    page.get_by_label("Smoothing").press("ArrowLeft")
    alert = page.locator(".loss [role=alert]")
    expect(alert).to_contain_text("The loss could not be loaded: the disk is full. It is as it was before.")
    page.unroute("**/series?*")
    expect(alert).to_have_count(0)
    page.wait_for_function(f"() => {FIRST}.smoothing === 0.5")


def test_a_step_told_anew_is_asked_for(training, open_page) -> None:
    points = curve(40)
    training.steps(FT, points)
    page = open_page(training.board, f"#job={FT}").page
    drawing(page)
    training.losses.append(FT, FT, [Point(20, 9.5, None, None, points[20].at_ms)])
    expect(chip(page, "max")).to_have_text("9.5000")


def test_beside_another_run_each_fault_names_its_run_and_is_found_over_time(training, open_page) -> None:
    training.begin("spark:ft_2", name="sick")
    training.steps(FT, curve(2_000))
    sick = [point._replace(step=10 * point.step) for point in curve(2_000, seed=2)]
    sick[999] = sick[999]._replace(loss=math.nan)
    training.steps("spark:ft_2", sick)
    page = open_page(training.board, f"#training?tab=loss&with={FT},spark:ft_2&x=relative").page
    drawing(page)
    expect(page.locator(".loss-troubles [data-alarm=nan]")).to_contain_text("sick: The loss is NaN at step 10,000")
    page.locator(".loss-troubles [data-alarm=nan]").get_by_role("button").click()
    page.wait_for_function("() => location.hash.includes('from=')")
    left, right = page.evaluate(
        "() => ['from', 'to'].map((name) => Number(new URLSearchParams(location.hash.split('?')[1]).get(name)))"
    )
    assert 990 <= left <= 1_000 <= right <= 1_010, "in steps of the first run"


@pytest.mark.parametrize("axis", ["relative", "wall"])
def test_over_time_each_run_is_zoomed_by_its_own_steps(training, open_page, axis) -> None:
    training.begin("spark:ft_2", name="slow")
    slow = [point._replace(step=10 * point.step) for point in curve(3_000, seed=2)]
    training.steps(FT, curve(3_000))
    training.steps("spark:ft_2", slow)
    page = open_page(training.board, f"#training?tab=loss&with={FT},spark:ft_2&x={axis}").page
    expect(drawing(page)).to_have_attribute("data-lines", "2")
    drag(page, 0.5, 0.52)
    widths = "() => document.querySelector('loss-canvas').view.lines.every(({ curve }) => curve.width === 1)"
    page.wait_for_function(widths)
    lines = page.locator("loss-canvas").evaluate(
        "(chart) => chart.view.lines.map(({ curve }) => [curve.buckets.step[0], curve.buckets.last_step.at(-1)])"
    )
    (begin, end), (slow_begin, slow_end) = lines
    assert 1_000 < begin < end < 2_000
    assert slow_begin == pytest.approx(10 * begin, rel=0.05)
    assert slow_end == pytest.approx(10 * end, rel=0.05)
