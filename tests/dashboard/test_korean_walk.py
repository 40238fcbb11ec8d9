"""Every page in Korean at both widths: no English sentence, and no word that is not a name.

All that the browser shows, and all that a screen reader says (labels, titles, what a field asks
for), after a person has bought, sold, paused and been refused.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.dashboard import chromium
from tests.dashboard.live import Dashboard, LiveTrader
from tests.dashboard.test_contrast import WIDTHS
from tests.dashboard.test_pages import PATHS

from maemae.errors import CommandRefused
from maemae.i18n import set_language
from maemae.market.kinds import Side
from maemae.service import operations as op

pytestmark = pytest.mark.skipif(
    not Path("/usr/bin/chromium").exists(), reason="Chromium is not installed (apt-get)"
)
SAID = """() => {
    const said = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {  // Icons are drawn by their names, which nobody reads.
        const holder = texts.currentNode.parentElement;
        if (holder.checkVisibility() && !holder.closest('.q-icon, script, style'))
            said.push(texts.currentNode.textContent);
    }
    for (const one of document.querySelectorAll('[aria-label],[title],[placeholder],[alt]'))
        if (one.checkVisibility())
            for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
                said.push(one.getAttribute(name) || '');
    return said.join('\\n');
}"""
WORD = re.compile(r"[A-Za-z][A-Za-z_']{2,}")
NAMES = {
    "maemae", "scalper", "second", "owner", "name", "KRX", "KOSPI", "KOSDAQ", "NXT", "SOR", "KST",
    "RSI", "MACD", "CSV", "API", "ETF", "MDD", "web", "Enter", "WebSocket", "Parquet", "YYYY",
    "fast", "slow", "stop_loss", "most", "volume", "strategy", "measure",
}  # fmt: skip
"""Names: of this program, of books, people and instruments here, of exchanges, figures, keys and
forms, of the parameters of strategies, and the words of a command to type."""


@pytest.fixture(autouse=True)
def korean() -> None:
    """Let the trader, on a thread of this process, speak Korean as well."""
    set_language("ko")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    set_language("ko")
    with (
        LiveTrader(tmp_path_factory.mktemp("trader")) as trader,
        Dashboard(trader.folder, "ko") as dashboard,
        chromium.launched() as browser,
        chromium.opened(browser, dashboard.link) as page,
    ):

        def command(wanted: Any) -> None:
            with suppress(CommandRefused):  # That is told, too.
                trader.command(lambda service: service.ask(wanted))

        command(op.PlaceOrder(book="scalper", side=Side.BUY, code="005930", quantity=9))
        command(op.PlaceOrder(book="owner", side=Side.BUY, code="005930", quantity=1, price=1))
        command(op.PlaceOrder(book="owner", side=Side.SELL, code="005930", quantity=99_999))
        command(op.Pause(book="scalper", reason=""))
        page.get_by_text("모의 거래소", exact=True).wait_for()
        yield page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_says_nothing_in_english(pages: Any, path: str, width: int) -> None:
    pages.set_viewport_size({"width": width, "height": 900})
    pages.goto(pages.base + path)
    pages.get_by_text("모의 거래소", exact=True).wait_for()
    pages.wait_for_load_state("networkidle")
    said = pages.evaluate(SAID)
    print(f"{path} at {width}: {sum(bool(line.strip()) for line in said.splitlines())} texts")
    assert len(re.findall(r"[가-힣]{2,}", said)) > 20
    assert {word for word in WORD.findall(said) if word not in NAMES} == set()
