"""An exchange whose market arrives: auctions, gaps, interruptions, sessions, and what is kept."""

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path

import pytest
from tests.exchange.conftest import DAY, Client

from maemae.errors import DataError
from maemae.exchange.depth import Level
from maemae.exchange.fed.care import CARES
from maemae.exchange.fed.exchange import ACCOUNT, FedExchange
from maemae.exchange.fed.floor import Print
from maemae.exchange.moment import SECOND, Moment, moment_at
from maemae.exchange.orders import Order, OrderKind, Place, Status, Ticket
from maemae.exchange.refusals import Refusal
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Kind, Market, Side

CODE = "000010"
CASH = 10_000_000
LATENCY = SECOND


def at(clock_time: str, day: date = DAY) -> Moment:
    return moment_at(day, time.fromisoformat(clock_time))


class Dry:
    """A fed exchange with one name, and what it told of gaps."""

    def __init__(
        self,
        clock_time: str = "09:30",
        *,
        file: Path | None = None,
        day: date = DAY,
        volume: int = 1_000,
    ) -> None:
        self.exchange = FedExchange(
            krx(), day, Timekeeper(at(clock_time, day), None),
            cash=CASH, costs=CostRules.REAL, care=CARES["usual"], file=file,
        )  # fmt: skip
        self.gaps: list[tuple[str, int]] = []
        self.exchange.on_gap(lambda code, shares: self.gaps.append((code, shares)))
        self.unkept: list[Path] = []
        self.exchange.on_unkept(self.unkept.append)
        self.exchange.admit(
            CODE, "하나", Market.KOSPI, Kind.STOCK,
            limits=(10_000, 7_000, 13_000), price=10_000, volume=volume,
        )  # fmt: skip
        self.total = volume

    def go(self, clock_time: str) -> None:
        self.exchange.clock.jump(at(clock_time, self.exchange.day))
        self.exchange.catch_up()

    def see(self, asks: Mapping[int, int], bids: Mapping[int, int], *, vi: bool = False) -> None:
        self.exchange.see(
            CODE,
            [Level(*one) for one in asks.items()],
            [Level(*one) for one in bids.items()],
            vi=vi,
        )

    def trade(
        self,
        price: int,
        quantity: int,
        *,
        bought: bool | None = False,
        unheard: int = 0,
        reference: int = 0,
        when: str = "",
    ) -> None:
        self.total += quantity + unheard
        now = at(when) if when else self.exchange.clock.now()
        told = Print(price, quantity, self.total, now, bought=bought, reference=reference)
        self.exchange.heard(CODE, told)

    def order(self, side: Side, quantity: int, price: int = 0) -> Order:
        kind = OrderKind.LIMIT if price else OrderKind.MARKET
        account = self.exchange.account(ACCOUNT)
        assert account is not None
        order = self.exchange.venue.submit(account, Ticket(CODE, side, kind, quantity, price))
        self.wait()
        return order

    def wait(self, span: Moment = LATENCY) -> None:
        self.exchange.clock.jump(self.exchange.clock.now() + span)
        self.exchange.catch_up()


def test_the_opening_print_fills_what_waited_for_it() -> None:
    dry = Dry("08:50", volume=0)
    dry.total = 0
    better, market, beyond = (
        dry.order(Side.BUY, 10, 10_200), dry.order(Side.BUY, 10), dry.order(Side.BUY, 10, 9_900)
    )  # fmt: skip
    assert not better.filled
    dry.go("09:00:12")
    dry.trade(10_100, 1_000, bought=None)
    assert (better.filled, better.amount) == (10, 101_000)
    assert (market.filled, market.amount) == (10, 101_000)
    assert beyond.filled == 0


def test_an_order_after_the_bell_but_before_the_print_is_in_the_auction() -> None:
    dry = Dry("09:00:05", volume=0)
    dry.total = 0
    dry.see({10_100: 50}, {10_000: 50})
    order = dry.order(Side.BUY, 10, 10_100)
    assert order.filled == 0
    dry.trade(10_050, 500, bought=None)
    assert order.amount == 10 * 10_050


def test_the_closing_print_fills_and_what_comes_later_does_not() -> None:
    dry = Dry("15:21")
    order = dry.order(Side.BUY, 600, 10_000)
    dry.go("15:30:20")
    dry.trade(10_000, 1_000, bought=None, when="15:30:20")
    assert order.filled == 500
    dry.trade(9_900, 1_000, bought=False, when="15:30:30")
    assert order.filled == 500
    dry.go("15:31")
    assert order.status is Status.EXPIRED


def test_an_interruption_is_an_auction() -> None:
    dry = Dry()
    dry.trade(10_000, 10, reference=10_000)
    dry.see({10_100: 50}, {10_000: 50}, vi=True)
    order = dry.order(Side.BUY, 10, 11_000)
    assert order.filled == 0
    dry.trade(10_900, 400, bought=None, reference=10_900)
    assert order.amount == 10 * 10_900


def test_an_interruption_that_only_the_reference_tells_of_is_an_auction() -> None:
    dry = Dry()
    dry.trade(10_000, 10, reference=10_000)
    order = dry.order(Side.BUY, 10, 9_500)
    dry.trade(9_000, 400, bought=True, reference=9_000)
    assert order.amount == 10 * 9_000


def test_what_nobody_heard_fills_nothing_and_is_told() -> None:
    dry = Dry()
    dry.see({10_010: 50}, {10_000: 0, 9_990: 50})
    order = dry.order(Side.BUY, 10, 10_000)
    dry.trade(10_010, 5, bought=True)
    dry.trade(10_010, 5, bought=True, unheard=900)
    assert order.filled == 0
    assert dry.gaps == [(CODE, 900)]


def test_a_trade_that_was_told_before_counts_once() -> None:
    dry = Dry()
    dry.see({10_010: 50}, {9_990: 50})
    order = dry.order(Side.BUY, 10, 10_000)
    dry.trade(10_000, 5)
    again = Print(10_000, 5, dry.total, dry.exchange.clock.now(), bought=False)
    for _ in range(3):
        dry.exchange.heard(CODE, again)
    assert order.filled == 5


def test_shares_traded_before_anybody_listened_are_no_gap() -> None:
    dry = Dry()
    dry.see({10_010: 50}, {9_990: 50})
    dry.order(Side.BUY, 10, 10_000)
    dry.trade(10_010, 5, bought=True, unheard=900)
    assert not dry.gaps


@pytest.mark.parametrize(
    ("kind", "place"), [(OrderKind.AFTER_LIMIT, Place.KRX), (OrderKind.LIMIT, Place.NXT)]
)
def test_only_the_regular_session_is_there(kind: OrderKind, place: Place) -> None:
    dry = Dry("16:30")
    account = dry.exchange.account(ACCOUNT)
    assert account is not None
    with pytest.raises(Refusal):
        dry.exchange.venue.submit(account, Ticket(CODE, Side.BUY, kind, 1, 10_000, place=place))


def test_market_data_is_not_to_be_had_here() -> None:
    client = Client(Dry().exchange)
    path = "/uapi/domestic-stock/v1/quotations/inquire-price"
    reply = client.raw("GET", path, "FHKST01010100", FID_INPUT_ISCD=CODE)
    assert reply["msg_cd"] == "SIM00001"


def test_a_restart_finds_money_shares_orders_and_places_in_the_queue(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    dry = Dry(file=file)
    dry.see({10_010: 50}, {10_000: 200, 9_990: 50})
    dry.order(Side.BUY, 30, 10_010)
    resting = dry.order(Side.BUY, 20, 10_000)
    dry.trade(10_000, 90)
    assert resting.ahead == 110
    dry.order(Side.SELL, 5, 10_500)
    cash = dry.exchange.account(ACCOUNT).cash  # type: ignore[union-attr]
    again = Dry("09:40", file=file)
    account = again.exchange.account(ACCOUNT)
    assert account is not None
    assert (account.cash, account.held(CODE)) == (cash, 30)
    assert account.sellable(CODE) == 25
    order = account.orders[resting.number]
    assert (order.left, order.ahead) == (20, 110)
    again.trade(10_000, 120)
    assert order.filled == 10
    assert again.order(Side.BUY, 1, 9_000).number == 4


def test_another_day_finds_money_and_shares_and_no_orders(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    dry = Dry(file=file)
    dry.see({10_010: 50}, {10_000: 200})
    dry.order(Side.BUY, 30, 10_010)
    dry.order(Side.BUY, 20, 10_000)
    account = dry.exchange.account(ACCOUNT)
    assert account is not None
    day = krx().next_session(DAY)
    again = Dry(file=file, day=day).exchange.account(ACCOUNT)
    assert again is not None
    assert (again.cash, again.held(CODE), again.orders) == (account.cash, 30, {})
    assert again.settled == CASH
    assert again.reserved == 0
    later = krx().next_session(krx().next_session(day))
    settled = Dry(file=file, day=later).exchange.account(ACCOUNT)
    assert settled is not None
    assert settled.settled == settled.cash == account.cash


def test_a_file_that_cannot_be_used_is_an_error_and_no_new_account(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text('{"account": "00000000-01", "day"')
    with pytest.raises(DataError, match=r"account\.json"):
        Dry(file=file)


def test_an_account_that_cannot_be_written_is_told_and_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    dry = Dry(file=file)
    in_the_way = tmp_path / "account.json.part"
    in_the_way.mkdir()
    dry.see({10_000: 100}, {9_990: 100})
    dry.order(Side.BUY, 10)
    assert dry.unkept
    assert not file.exists()
    in_the_way.rmdir()
    dry.go("09:40")
    assert file.exists()
