"""Every text can be read: axe-core measures contrast (WCAG 2.2 AA) on every page, light and dark.

It also looks for names of buttons and fields, roles, and all else that level AA asks for and a
machine can judge.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.dashboard import chromium
from tests.dashboard.live import Dashboard, LiveTrader
from tests.dashboard.test_pages import PATHS

from maemae.market.kinds import Side
from maemae.service import operations as op

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.skipif(
    not Path("/usr/bin/chromium").exists(), reason="Chromium is not installed (apt-get)"
)
LEVEL_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
WIDTHS = (1440, 390)
STILL = """document.querySelectorAll('[role=dialog]').length === 1
    && document.getAnimations().every(one => one.playState !== 'running')"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with (
        LiveTrader(tmp_path_factory.mktemp("trader")) as trader,
        Dashboard(trader.folder, "ko") as dashboard,
        chromium.launched() as browser,
        chromium.opened(browser, dashboard.link) as page,
    ):
        trader.command(
            lambda service: service.ask(
                op.PlaceOrder(book="scalper", side=Side.BUY, code="005930", quantity=9)
            )
        )
        page.get_by_text("모의 거래소", exact=True).wait_for()
        yield page


def broken(page: Any, part: str | None = None) -> list[str]:
    """Say what level AA finds wrong with a page as it is, or with a part of it."""
    found = axe.Axe().run(page, context=part, options=LEVEL_AA).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:240]}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_meets_level_aa_in_both_themes(pages: Any, path: str, shade: str) -> None:
    pages.emulate_media(color_scheme=shade)
    for width in WIDTHS:
        pages.set_viewport_size({"width": width, "height": 900})
        pages.goto(pages.base + path)
        pages.get_by_text("모의 거래소", exact=True).wait_for()
        assert broken(pages) == [], width


def test_what_cannot_be_read_is_found(pages: Any) -> None:
    pages.emulate_media(color_scheme="light")
    pages.goto(pages.base + "/")
    pages.get_by_text("모의 거래소", exact=True).wait_for()
    pages.add_style_tag(content=".figure .k{color:#aaa!important}")
    assert any(line.startswith("color-contrast") for line in broken(pages))


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_the_questions_before_an_order_can_be_read(pages: Any, shade: str) -> None:
    pages.emulate_media(color_scheme=shade)
    pages.set_viewport_size({"width": 390, "height": 844})
    pages.goto(pages.base + "/")
    pages.get_by_role("button", name="매도").click()
    pages.get_by_role("dialog").get_by_role("button", name="매도").click()
    pages.get_by_role("dialog").get_by_label("사유").wait_for()
    # A text that is still fading has less contrast: the first dialog must be gone.
    pages.wait_for_function(STILL)
    # axe-core takes the veil behind a dialog for one that lies before it.
    pages.add_style_tag(content=".q-dialog__backdrop{display:none!important}")
    assert broken(pages, "[role=dialog]") == []
