"""`[book.order]`: which kinds go where, and with what."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.trader.days import Bars, place

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.terms import AfterWait, OrderWay
from maemae.errors import SettingsError
from maemae.market.phases import Venue
from maemae.trader.books.condition import ConditionBook
from maemae.trader.order_settings import OrderSettings

DAY = date(2026, 10, 13)
RISING = {"000010": (9_900, 10_690, 9_900, 10_690)}


@pytest.mark.parametrize(
    ("given", "way"),
    [
        ({}, OrderWay()),
        ({"kind": "limit", "then": "chase"}, OrderWay(kind="limit", then=AfterWait.CHASE)),
        ({"exchange": "SOR"}, OrderWay(exchange=Venue.SOR)),
        ({"kind": "post-close"}, OrderWay(code="06")),
        ({"kind": "장후 시간외종가"}, OrderWay(code="06")),
        ({"kind": "41", "offset_ticks": 2}, OrderWay(kind="limit", offset_ticks=2, code="41")),
        (
            {"kind": "limit", "exchange": "SOR", "then": "market"},
            OrderWay(kind="limit", then=AfterWait.MARKET, exchange=Venue.SOR),
        ),
    ],
)
def test_a_way_as_the_settings_say_it(given: dict[str, Any], way: OrderWay) -> None:
    assert OrderSettings(**given).way() == way


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "overnight"}, "no order kind is called overnight"),
        ({"exchange": "NXT"}, "market orders do not go to NXT"),
        ({"kind": "mid", "exchange": "SOR"}, "mid orders do not go to SOR"),
        ({"kind": "stop-limit"}, "stop-limit orders do not go to KRX"),
        ({"kind": "post-close", "offset_ticks": 1}, "are for kind"),
        ({"kind": "after-limit", "then": "chase"}, "rests until that ends"),
        ({"kind": "limit", "exchange": "NXT", "then": "market"}, "limit orders on KRX or SOR"),
        ({"then": "chase"}, "are for kind"),
    ],
)
def test_what_does_not_go_together_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OrderSettings(**given)


@pytest.mark.parametrize(
    ("order", "route"),
    [
        ({"kind": "post-close"}, ("06", Venue.KRX)),
        ({"exchange": "SOR"}, ("01", Venue.SOR)),
        ({"kind": "limit", "exchange": "NXT", "offset_ticks": 5}, ("00", Venue.NXT)),
    ],
)
async def test_a_book_buys_there_over_the_real_exchange(
    tmp_path: Path, order: dict[str, Any], route: tuple[str, Venue]
) -> None:
    async with place(tmp_path, Bars(RISING), DAY) as where:
        book = ConditionBook(
            condition=1, search_seconds=3600, take_profit="20%", stop_loss="20%", order=order,
        )  # fmt: skip
        await where.trade(where.settings(book))
        records = where.records()
    (entry,) = [r for r in records if isinstance(r, rec.Intended)]
    assert entry.route is not None
    assert (entry.route.kind, entry.route.exchange) == route
    fills = [r for r in records if isinstance(r, rec.Filled)]
    assert sum(r.quantity for r in fills) == entry.quantity
    closes = [r.closes for r in records if isinstance(r, rec.DayClosed)]
    assert closes == [{"000010": RISING["000010"][3]}]
    if route[0] == "06":
        assert {r.price for r in fills} == {RISING["000010"][3]}
        assert min(r.executed for r in fills) >= datetime.combine(DAY, time(15, 40), KST)


async def test_a_book_whose_orders_the_virtual_server_does_not_take_is_refused(
    tmp_path: Path,
) -> None:
    async with place(tmp_path, Bars(RISING), DAY) as where:
        book = ConditionBook(condition=1, order={"kind": "post-close"})
        with pytest.raises(SettingsError, match=r"scalper.*virtual server"):
            await where.trade(where.settings(book, orders="virtual"))
