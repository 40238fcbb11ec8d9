"""The pages in a real browser, over a live trader: every page, every button, and trouble."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from msgspec.structs import replace
from tests.dashboard import chromium
from tests.dashboard.live import Dashboard, LiveTrader
from tests.dashboard.test_backtests import bars
from tests.service.planned import opened, plan_of_the_day
from tests.strategy.test_measured import line

from maemae.cli.dashboard import link
from maemae.desk.records import Halt
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service.local import LocalService
from maemae.strategy.measured import keep

pytestmark = pytest.mark.skipif(
    not Path("/usr/bin/chromium").exists(), reason="Chromium is not installed (apt-get)"
)
PASSWORD = "correct horse battery"
PATHS = ("/", "/orders", "/chart", "/candidates", "/plans", "/profit", "/backtests", "/log")


@pytest.fixture(scope="module")
def trader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTrader]:
    with LiveTrader(tmp_path_factory.mktemp("trader")) as running:
        yield running


@pytest.fixture(scope="module")
def dashboard(trader: LiveTrader) -> Iterator[Dashboard]:
    with Dashboard(trader.folder) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.launched() as running:
        yield running


def hold(trader: LiveTrader) -> None:
    """See that a name is held, which another test may have sold."""

    async def positions(service: LocalService) -> int:
        return len((await service.ask(op.GetStatus())).positions)

    if not trader.ask(positions):
        bought = op.PlaceOrder(book="scalper", side=Side.BUY, code="005930", quantity=9)
        trader.command(lambda service: service.ask(bought))
    while not trader.ask(positions):
        time.sleep(0.02)


@pytest.fixture
def page(browser: chromium.Browser, dashboard: Dashboard, trader: LiveTrader) -> Iterator[Any]:
    trader.command(lambda service: service.ask(op.Resume(reason="test")))
    hold(trader)
    with chromium.opened(browser, dashboard.link) as opened:
        yield opened


def connected(page: Any) -> None:
    """Wait until a page shows the trader's state and the time of its last step."""
    page.get_by_role("status").get_by_text(re.compile("trading|no entries|off|only")).wait_for()


def menu(page: Any, item: str) -> None:
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menu").get_by_text(item, exact=True).click()


def confirm(page: Any, name: str, word: str = "") -> None:
    page.get_by_role("button", name=name).click()
    dialog = page.get_by_role("dialog")
    if word:
        dialog.get_by_label("Type FLATTEN to go on").fill(word)
    dialog.get_by_role("button", name=name).click()


def test_every_page_shows_the_trader_and_complains_of_nothing(page: Any) -> None:
    for path in PATHS:
        page.goto(page.base + path)
        page.get_by_text("SIMULATED", exact=True).wait_for()
        connected(page)
    page.goto(page.base + "/")
    page.get_by_role("gridcell", name="name 005930", exact=True).click()
    page.get_by_role("button", name="Chart").click()
    page.get_by_text("name 005930 005930").wait_for()
    page.locator(".ladder").get_by_text("10,100").wait_for()
    assert page.complaints == []


def test_the_level_follows_the_buttons(page: Any, trader: LiveTrader) -> None:
    for name, level in (("Pause entries", Halt.ENTRIES), ("Exits only", Halt.EXITS_ONLY),
                        ("Halt everything", Halt.ALL), ("Resume", Halt.NONE)):  # fmt: skip
        confirm(page, name)
        words = {"entries": "no entries", "exits_only": "exits only", "all": "everything off",
                 "none": "trading"}[level.value]  # fmt: skip
        page.get_by_role("status").get_by_text(words).wait_for()
        assert trader.ask(lambda service: service.ask(op.GetStatus())).halt is level
    lines = trader.ask(lambda service: service.ask(op.GetAudit(n=4)))
    assert {(line.who, line.face) for line in lines} == {("owner", "web")}


def test_everything_is_stopped_from_the_header_of_any_page(page: Any, trader: LiveTrader) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(page.base + "/profit")
    page.get_by_role("button", name="Stop everything now").click()
    page.get_by_role("dialog").get_by_role("button", name="Halt everything").click()
    page.get_by_role("status").get_by_text("everything off").wait_for()
    assert trader.ask(lambda service: service.ask(op.GetStatus())).halt is Halt.ALL


def test_the_first_look_answers_what_is_earned_and_what_is_at_risk(page: Any) -> None:
    page.get_by_text("if every stop fires").wait_for()
    page.get_by_text("more (the day:").wait_for()
    page.get_by_text("no limit is set").wait_for()
    day, *parts = [
        int(figure.replace(",", "")) * (-1 if mark == "▼" else 1)
        for mark, figure in re.findall(
            r"([▲▼]?)\s?₩([\d,]+)", " ".join(page.locator(".figure .v").all_inner_texts()[:3])
        )
    ]
    assert day == sum(parts) != 0
    assert len(parts) == 2


def test_the_shop_window_shows_what_was_measured_and_nothing_else(
    browser: chromium.Browser, trader: LiveTrader, tmp_path: Path
) -> None:
    keep(tmp_path, [line(), replace(line("momentum", total=-0.4), universe="kosdaq")])
    folders = {"MAEMAE_DATA_DIR": f"{tmp_path / 'data'}", "MAEMAE_BARS__FOLDER": f"{tmp_path}"}
    with (
        Dashboard(trader.folder, **folders) as other,
        chromium.opened(browser, other.link) as page,
    ):
        page.goto(page.base + "/backtests")
        page.get_by_text("Only 31 closed trades: chance explains a lot.").wait_for()
        page.get_by_text(re.compile(r"^\d+ strategies are not measured yet")).wait_for()
        row = page.get_by_role("row").filter(has_text="▼ 40.00%")
        row.get_by_text("-10.00%").wait_for()
        row.get_by_text("2022-01 ~ 2022-06 · KOSDAQ").wait_for()
        page.get_by_role("gridcell", name="Momentum", exact=True).first.click()
        page.get_by_label("lookback (20-120)").wait_for()
        assert page.complaints == []


def test_one_book_is_paused_and_goes_on(page: Any, trader: LiveTrader) -> None:
    confirm(page, "scalper: pause")
    page.get_by_role("button", name="scalper: go on").wait_for()
    now = trader.ask(lambda service: service.ask(op.GetStatus()))
    assert (now.paused, now.halt) == (["scalper"], Halt.NONE)
    confirm(page, "scalper: go on")
    page.get_by_role("button", name="scalper: pause").wait_for()
    assert trader.ask(lambda service: service.ask(op.GetStatus())).paused == []
    lines = trader.ask(lambda service: service.ask(op.GetAudit(n=2)))
    assert {(line.who, line.face, line.command) for line in lines} == {
        ("owner", "web", "pause"), ("owner", "web", "resume"),
    }  # fmt: skip


def test_flatten_wants_its_word(page: Any, trader: LiveTrader) -> None:
    confirm(page, "Flatten all", "flaten")
    page.locator(".q-notification").first.wait_for()
    assert trader.ask(lambda service: service.ask(op.GetStatus())).flattening == []
    page.get_by_label("Type FLATTEN to go on").fill("FLATTEN")
    page.get_by_role("dialog").get_by_role("button", name="Flatten all").click()
    page.get_by_role("region", name="Positions").get_by_text("No positions.").wait_for()
    assert trader.ask(lambda service: service.ask(op.GetStatus())).positions == []


def test_orders_by_hand_ask_for_what_is_missing(page: Any) -> None:
    page.goto(page.base + "/orders")
    page.get_by_text("Order by hand").click()
    page.get_by_role("button", name="Send buy order").click()
    page.get_by_text("Give an instrument and a number of shares.").wait_for()


def test_an_order_by_name_shows_price_money_and_total_before_it_is_sent(
    page: Any, trader: LiveTrader
) -> None:
    page.goto(page.base + "/orders")
    page.get_by_text("Order by hand").click()
    page.get_by_label("code, name or initials").fill("name 005930")
    page.get_by_label("code, name or initials").press("Enter")
    page.get_by_text("free to spend: ₩").wait_for()
    page.get_by_label("shares").first.fill("3")
    page.get_by_text("total about ₩").wait_for()
    orders = len(trader.ask(lambda service: service.ask(op.GetOrders())))
    page.get_by_role("button", name="Send buy order").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("buy name 005930 (005930) 3 @ market").wait_for()
    assert len(trader.ask(lambda service: service.ask(op.GetOrders()))) == orders
    dialog.get_by_role("button", name="Send buy order").click()
    page.get_by_text("Done:").wait_for()
    # The clock stands still: orders of one moment come in any order.
    sent = [o for o in trader.ask(lambda service: service.ask(op.GetOrders())) if o.book == "owner"]
    assert [(o.side, o.code, o.quantity) for o in sent[-1:]] == [("buy", "005930", 3)]


def test_two_clicks_ask_once_and_send_one_order(page: Any, trader: LiveTrader) -> None:
    orders = len(trader.ask(lambda service: service.ask(op.GetOrders())))
    page.get_by_role("gridcell", name="name 005930", exact=True).dblclick()
    page.get_by_role("dialog").get_by_label("shares").fill("1")
    page.get_by_role("dialog").get_by_role("button", name="Sell").dblclick()
    question = page.get_by_role("dialog").filter(has_text="name 005930 1 @ market")
    question.get_by_role("button", name="Sell").dblclick()
    page.get_by_text("Done:").first.wait_for()
    # Commands go one after another: what a second click sent would be through by now.
    confirm(page, "Pause entries")
    page.get_by_role("status").get_by_text("no entries").wait_for()
    assert len(trader.ask(lambda service: service.ask(op.GetOrders()))) == orders + 1


def test_the_second_of_two_clicks_answers_no_question_that_came_up_in_between(
    page: Any, trader: LiveTrader
) -> None:
    """On a slow machine it fell beside the new dialog, which closed, or on its button."""
    # Buttons that never wake: how long the pause is must not matter here.
    still = page.add_style_tag(content=".question .q-btn{animation-duration:9999s!important}")
    halt = page.get_by_role("button", name="Halt everything")
    halt.click()
    dialog = page.get_by_role("dialog")
    spot = dialog.get_by_role("button", name="Halt everything").bounding_box()
    page.mouse.click(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    page.mouse.click(3, 3)
    assert dialog.is_visible()
    assert trader.ask(lambda service: service.ask(op.GetStatus())).halt is Halt.NONE
    still.evaluate("it => it.remove()")
    dialog.get_by_role("button", name="Halt everything").click()
    page.get_by_role("status").get_by_text("everything off").wait_for()


def test_two_clicks_on_the_form_send_one_order(page: Any, trader: LiveTrader) -> None:
    page.goto(page.base + "/orders")
    page.get_by_text("Order by hand").click()
    page.get_by_label("code, name or initials").fill("005930")
    page.get_by_label("shares").first.fill("3")
    orders = len(trader.ask(lambda service: service.ask(op.GetOrders())))
    page.get_by_role("button", name="Send buy order").dblclick()
    question = page.get_by_role("dialog").filter(has_text="@ market")
    question.get_by_role("button", name="Send buy order").dblclick()
    page.get_by_text("Done:").first.wait_for()
    page.goto(page.base + "/")
    confirm(page, "Pause entries")
    page.get_by_role("status").get_by_text("no entries").wait_for()
    assert len(trader.ask(lambda service: service.ask(op.GetOrders()))) == orders + 1


def test_language_and_light(page: Any) -> None:
    menu(page, "한국어")
    page.get_by_text("자동매매 정지").wait_for()
    page.get_by_role("button", name="메뉴").click()
    page.get_by_role("menu").get_by_text("English").click()
    page.get_by_text("Halt everything").wait_for()
    menu(page, "Light or dark")
    page.locator("body.body--dark").wait_for()


def test_each_viewer_reads_in_a_language_of_their_own(
    page: Any, browser: chromium.Browser, dashboard: Dashboard
) -> None:
    with chromium.opened(browser, dashboard.link) as other:
        menu(other, "한국어")
        other.get_by_text("자동매매 정지").wait_for()
        page.reload()
        page.get_by_text("Halt everything").wait_for()
        other.reload()
        other.get_by_text("자동매매 정지").wait_for()


def test_it_fits_on_a_phone(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in PATHS:
        page.goto(page.base + path)
        page.get_by_text("SIMULATED", exact=True).wait_for()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390, path


def test_a_phone_shows_no_table_but_cards_with_all_of_each_row(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in PATHS:
        page.goto(page.base + path)
        page.get_by_text("SIMULATED", exact=True).wait_for()
        page.wait_for_load_state("networkidle")
        assert page.locator(".ag-root-wrapper:visible").count() == 0, path
    page.goto(page.base + "/candidates")
    ranked = page.get_by_role("list", name="Ranking of the market").get_by_role("listitem").first
    for said in ("most volume", "▼ 1.25%", "10,000", "rank"):
        ranked.get_by_text(said).first.wait_for()
    ranked.get_by_role("button").click()
    page.wait_for_url("**/chart?code=*")
    page.goto(page.base + "/log")
    page.get_by_role("list", name="Incidents").get_by_role("listitem").first.wait_for()


def test_a_phone_reaches_every_page_and_the_way_out(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for item, path in (("Orders", "/orders"), ("Log", "/log"), ("Now", "/")):
        menu(page, item)
        page.wait_for_url("**" + path)
        connected(page)
    page.get_by_role("button", name="Menu").click()
    page.get_by_text("Log out").wait_for()
    assert page.locator(".q-menu .q-item:visible").count() == len(PATHS) + 3
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Menu").wait_for()


def test_a_phone_shows_a_position_whole_and_sells_it(page: Any, trader: LiveTrader) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    card = page.get_by_role("list", name="Positions").get_by_role("listitem").first
    for said in ("name 005930", "%)", "to stop", "to take profit", "last price"):
        card.get_by_text(said).first.wait_for()
    assert card.bounding_box()["width"] <= 390
    card.get_by_role("button", name="Sell").click()
    page.get_by_role("dialog").get_by_role("button", name="Sell").click()
    # The first dialog may still be fading: it has a button of that name, too.
    question = page.get_by_role("dialog").filter(has_text="@ market")
    question.get_by_role("button", name="Sell").click()
    page.get_by_text("Done:").wait_for()
    sent = [o for o in trader.ask(lambda service: service.ask(op.GetOrders())) if o.side == "sell"]
    assert {o.code for o in sent} == {"005930"}
    states = {o.state for o in sent}
    page.goto(page.base + "/orders")
    card = page.get_by_role("list", name="Live and recent orders").get_by_role("listitem").first
    for said in ("sell", "name 005930", "×", *states):
        card.get_by_text(said).first.wait_for()


def test_the_log_is_filtered(page: Any, trader: LiveTrader) -> None:
    (trader.folder / "maemae.log").write_text("first line\nsecond thing\n")
    page.goto(page.base + "/log")
    page.get_by_text("second thing").wait_for()
    page.get_by_label("contains").fill("first")
    page.get_by_text("second thing").wait_for(state="detached")
    page.get_by_text("first line").wait_for()


def test_measuring_without_bars_says_how_to_get_some(page: Any) -> None:
    page.goto(page.base + "/backtests")
    page.get_by_role("button", name="Measure over my bars").click()
    page.get_by_text("△").filter(has_text="maemae bars download").wait_for()
    page.get_by_role("button", name="Measure over my bars").wait_for()


def test_a_backtest_is_run_compared_and_opened(page: Any, trader: LiveTrader) -> None:
    page.goto(page.base + "/backtests")
    assert not page.get_by_label("bars (Parquet)").is_visible()
    page.get_by_label("bars", exact=True).click()
    page.get_by_role("option", name="another file").click()
    page.get_by_label("bars (Parquet)").fill(f"{bars(trader.folder)}")
    beside = page.get_by_role("list", name="side by side").get_by_role("listitem")
    for names, period, fast in (("all names", "all of it", "4"), ("KOSPI", "1 year", "6")):
        page.get_by_label("names", exact=True).click()
        page.get_by_role("option", name=names).click()
        page.get_by_role("button", name=period, exact=True).click()
        page.get_by_label("fast (3-50)").fill(fast)
        page.get_by_role("button", name="Run").click()
        run = beside.filter(has_text=f"fast={fast} · {names} · {period}")
        run.get_by_role("link", name="Report").wait_for(timeout=90_000)
        for said in ("△ Only", "Sharpe ratio", "%"):
            run.get_by_text(said).first.wait_for()
    assert beside.count() == 2
    page.locator(".chart").get_by_text("fast=6").first.wait_for()
    row = page.locator(".ag-row").filter(has_text="fast=4")
    row.locator("[col-id=trades]").click()
    beside.filter(has_text="fast=4").wait_for(state="detached")
    row.locator("[col-id=trades]").click()
    with page.context.expect_page() as opened:
        beside.filter(has_text="fast=4").get_by_role("link", name="Report").click()
    report = opened.value
    report.get_by_role("heading", name="golden_cross").wait_for()
    report.locator(".js-plotly-plot").first.wait_for()
    assert page.complaints == []


def test_the_market_and_the_indicators_of_a_strategy(page: Any) -> None:
    page.goto(page.base + "/candidates")
    page.locator(".ag-row").get_by_text("most volume").wait_for()
    page.get_by_role("button", name="fallers").click()
    page.locator(".ag-row").get_by_text("most fall").wait_for()
    page.goto(page.base + "/chart?code=005930")
    page.get_by_text("12:00:00").wait_for()
    page.get_by_label("indicators of").click()
    page.get_by_role("option", name="golden_cross").click()
    page.get_by_text("name 005930 005930").wait_for()
    assert page.complaints == []


def test_a_plan_and_what_became_of_its_lines(page: Any, trader: LiveTrader) -> None:
    plan = plan_of_the_day(trader.folder)
    page.get_by_text("name 005930").first.wait_for()

    async def carry_out(service: LocalService) -> None:
        subject = trader.online.bench.subject
        subject.trader.put(opened(plan, subject.clock.now()))

    trader.ask(carry_out)
    page.goto(page.base + "/plans")
    row = page.locator(".ag-row").filter(has_text="momentum")
    row.get_by_text("carried out already").wait_for()
    sold = page.locator(".ag-row").filter(has_text="name 000660")
    sold.get_by_text("not held").wait_for()
    page.locator(".ag-row").filter(has_text="name 005930").get_by_text("held already").wait_for()
    assert page.complaints == []


def test_logging_out_ends_every_open_page(page: Any) -> None:
    other = page.context.new_page()
    other.goto(page.base + "/orders")
    connected(other)
    menu(page, "Log out")
    page.wait_for_url("**/login")
    other.wait_for_url("**/login")


def test_a_trader_that_is_killed_and_comes_back(page: Any, trader: LiveTrader) -> None:
    connected(page)
    trader.stop()
    page.get_by_text(re.compile("The trader does not answer; this is how it was at")).wait_for()
    confirm(page, "Pause entries")
    page.locator(".q-notification").get_by_text("no trader").first.wait_for()
    trader.start()
    connected(page)


def test_each_link_opens_one_browser_and_a_command_prints_the_next(
    browser: chromium.Browser, dashboard: Dashboard, trader: LiveTrader, capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with chromium.opened(browser, dashboard.printed) as first:
        connected(first)
        first.goto(dashboard.printed)
        connected(first)
        with chromium.opened(browser, dashboard.printed) as second:
            second.get_by_role("alert").get_by_text("maemae dashboard link").wait_for()
            monkeypatch.setenv("MAEMAE_DATA_DIR", f"{trader.folder}")
            link(venue=None, config=None)
            said = capsys.readouterr()
            assert said.err.strip() == "sim: It opens the page once, within 5 minutes."
            second.goto(said.out.strip())
            connected(second)


def test_the_password_and_a_wrong_one(
    browser: chromium.Browser, trader: LiveTrader, tmp_path: Path
) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    (tmp_path / "dashboard-password").write_text(hasher.hash(PASSWORD))
    with (
        # Not the trader's folder: the other tests enter by the link, which a password locks.
        Dashboard(trader.folder, MAEMAE_DATA_DIR=str(tmp_path)) as locked,
        chromium.opened(browser, locked.link) as page,
    ):
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("alert").get_by_text("That password is wrong.").wait_for()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        connected(page)
        page.context.clear_cookies()
        page.goto(page.base + "/profit")
        page.wait_for_url("**/login")


def test_a_change_of_state_builds_no_button_anew(page: Any, trader: LiveTrader) -> None:
    """A click on one that had just been replaced was nobody's: no question came up."""
    sell = page.get_by_role("button", name="Flatten all")
    sell.wait_for()
    before = sell.element_handle()
    trader.command(lambda service: service.ask(op.Pause(book="scalper", reason="test")))
    page.get_by_role("button", name="scalper: go on").wait_for()
    assert before.evaluate("it => it.isConnected")
