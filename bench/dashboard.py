"""The dashboard over 1,000 positions and 10,000 orders: first paint, update latency, memory.

Run as `.venv/bin/python -m bench.dashboard`; it needs Debian's Chromium.
"""

import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.dashboard import chromium
from tests.dashboard.live import Dashboard, LiveTrader
from tests.desk.table import DAY, OPENS
from tests.service.bench import ACCOUNT

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.terms import Exits
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side

NAMES, ORDERS, UPDATES = 1_000, 10_000, 40


def seed(folder: Path) -> None:
    """Write a day of orders into a ledger."""
    exits = Exits(take_profit=Decimal("0.02"), stop_loss=Decimal("0.5"))
    facts: list[rec.Record] = [rec.DayOpened(at=OPENS, day=DAY.date(), cash=10**10)]
    for number in range(1, ORDERS + 1):
        intent = f"{DAY:%Y%m%d}-{number:05d}"
        listed = rec.Listed(code=f"{100_000 + number % NAMES}", name=f"종목{number % NAMES}")
        facts += [
            rec.Intended(at=OPENS, intent=intent, book="scalper", side=Side.BUY, listed=listed,
                         quantity=1, reason="candidate", exits=exits),
            rec.Accepted(at=OPENS, intent=intent, order_no=number),
            rec.Filled(at=OPENS, intent=intent, quantity=1, amount=10_000, executed=OPENS),
        ]  # fmt: skip
    with Ledger(folder / "ledger.sqlite", ACCOUNT) as ledger:
        ledger.append(facts)


def latencies(page: Any, trader: LiveTrader) -> list[float]:
    """Return the milliseconds from a price in the trader to its figure on the page."""
    found = []
    for price in range(9_000, 9_000 + 7 * UPDATES, 7):
        subject = trader.online.bench.subject

        async def put(_service: object, price: int = price, subject: Any = subject) -> None:
            at = subject.clock.now()
            subject.trader.put(ev.Price(at=at, code="100001", price=price))

        began = time.perf_counter()
        trader.ask(put)
        table = "document.querySelector('.ag-body-viewport')?.innerText"
        page.wait_for_function(f"{table}?.includes('{price:,}')", polling=10)
        found.append(1000 * (time.perf_counter() - began))
    return sorted(found)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        seed(Path(name))
        with (
            LiveTrader(Path(name)) as trader,
            Dashboard(Path(name)) as dashboard,
            chromium.launched() as browser,
            chromium.opened(browser, dashboard.link) as page,
        ):
            page.get_by_text("● connected").wait_for()
            paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            print(f"first paint {page.evaluate(paint):.0f} ms")
            page.wait_for_timeout(2000)
            taken = latencies(page, trader)
            print(f"update {taken[len(taken) // 2]:.0f} ms median, {taken[-3]:.0f} ms p95")
            status = Path(f"/proc/{dashboard.pid}/status").read_text()
            print(next(line for line in status.splitlines() if line.startswith("VmRSS")))


if __name__ == "__main__":
    main()
