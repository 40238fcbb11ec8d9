"""NXT in its hours, SOR, and the single price that came before the after-market."""

from datetime import date, time

import pytest
from tests.exchange.conftest import LISTINGS, hours, listing

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.listing import Listing
from maemae.exchange.moment import MINUTE, SECOND, datetime_of, moment_at
from maemae.exchange.orders import OrderKind, Place, Status, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket
from maemae.exchange.venue import Venue
from maemae.market.costs import CostRules
from maemae.market.kinds import Kind, Side

DAY = date(2026, 10, 13)
CODE = "000010"
FUND = listing("069500", (10_000, 10_100, 9_900, 10_000), 1_000_000, kind=Kind.ETF)


def _venue(
    at: str, day: date = DAY, listings: list[Listing] | None = None
) -> tuple[Venue, Account]:
    market = DayMarket(listings or [*LISTINGS, FUND], hours(day), 7)
    account = Account("11111111-01", CostRules.REAL, day, 100_000_000)
    account.holdings[CODE] = Holding(CODE, 500, 5_000_000)
    venue = Venue(market, [account])
    venue.advance(moment_at(day, time.fromisoformat(at)))
    return venue, account


def _ticket(
    kind: str, price: int = 0, side: Side = Side.BUY, place: Place = Place.NXT, **given: int
) -> Ticket:
    return Ticket(CODE, side, OrderKind(kind), given.get("quantity", 10), price, place=place)


def _refused(venue: Venue, account: Account, ticket: Ticket) -> Reason:
    with pytest.raises(Refusal) as caught:
        venue.submit(account, ticket)
    assert not account.orders
    return caught.value.reason


@pytest.mark.parametrize(
    ("at", "kind", "price"),
    [
        ("08:10", "00", 10_100),
        ("08:10", "27", 10_100),
        ("08:10", "28", 0),
        ("10:00", "00", LISTINGS[0].upper),
        ("10:00", "13", 0),
        ("10:00", "16", 0),
        ("16:00", "00", LISTINGS[0].upper),
    ],
)
def test_orders_are_filled_in_each_session(at: str, kind: str, price: int) -> None:
    venue, account = _venue(at)
    order = venue.submit(account, _ticket(kind, price))
    venue.advance(venue.now + 10 * MINUTE)
    assert (order.status, order.filled) == (Status.FILLED, 10)
    assert all(LISTINGS[0].lower <= fill.price <= LISTINGS[0].upper for fill in account.fills)
    assert account.reserved == 0


@pytest.mark.parametrize(
    ("at", "kind", "reason"),
    [
        ("07:59", "00", Reason.BEFORE_HOURS),
        ("08:55", "00", Reason.AFTER_HOURS),
        ("15:25", "00", Reason.AFTER_HOURS),
        ("20:00", "00", Reason.AFTER_HOURS),
        ("10:00", "27", Reason.AFTER_HOURS),
        ("08:10", "13", Reason.BEFORE_HOURS),
        ("16:00", "03", Reason.AFTER_HOURS),
        ("10:00", "01", Reason.WRONG_KIND),
        ("10:00", "06", Reason.WRONG_KIND),
        ("16:30", "41", Reason.WRONG_KIND),
    ],
)
def test_each_kind_has_its_hours(at: str, kind: str, reason: Reason) -> None:
    venue, account = _venue(at)
    assert _refused(venue, account, _ticket(kind, 10_000)) is reason


def test_funds_are_not_traded_there_and_nothing_was_before_it_opened() -> None:
    venue, account = _venue("10:00")
    fund = Ticket(FUND.code, Side.BUY, OrderKind.LIMIT, 1, 10_000, place=Place.NXT)
    assert _refused(venue, account, fund) is Reason.NOT_ON_NXT
    venue, account = _venue("10:00", date(2025, 2, 28))
    assert _refused(venue, account, _ticket("00", 10_000)) is Reason.WRONG_KIND


def test_it_has_the_names_of_the_largest_turnover_alone() -> None:
    many = [listing(f"{n:06}", (10_000, 10_100, 9_900, 10_000), 1_000 + n) for n in range(1, 652)]
    venue, account = _venue("10:00", listings=many)
    small, large = (
        Ticket(one.code, Side.BUY, OrderKind.LIMIT, 1, 9_900, place=Place.NXT)
        for one in (many[0], many[1])
    )
    assert _refused(venue, account, small) is Reason.NOT_ON_NXT
    assert venue.submit(account, large).place is Place.NXT


def test_an_order_lives_on_from_session_to_session_until_eight_in_the_evening() -> None:
    venue, account = _venue("08:10")
    low = LISTINGS[0].lower
    lasting, morning = (venue.submit(account, _ticket(kind, low)) for kind in ("00", "27"))
    venue.advance(moment_at(DAY, time(8, 51)))
    assert (lasting.status, morning.status) == (Status.ACCEPTED, Status.EXPIRED)
    for at in (time(12), time(15, 25), time(19, 59)):
        venue.advance(moment_at(DAY, at))
        assert lasting.status is Status.ACCEPTED
    venue.advance(moment_at(DAY, time(20, 1)))
    assert lasting.status is Status.EXPIRED
    assert account.reserved == 0


def test_a_resting_order_is_filled_when_krx_trades_through_it() -> None:
    venue, account = _venue("09:05")
    row = venue.floor.market.rows[CODE]
    price = LISTINGS[0].low + 200
    order = venue.submit(account, _ticket("00", price, quantity=1))
    venue.advance(moment_at(DAY, time(15, 20)))
    through = [p for p in venue.floor.market.points(row, venue.now) if p.price < price]
    assert through, "the day's path goes below"
    assert order.filled == 1
    assert account.fills[0].price <= price


def test_krx_knows_nothing_of_what_is_traded_there() -> None:
    quiet, _ = _venue("10:00")
    venue, account = _venue("10:00")
    venue.submit(account, _ticket("00", LISTINGS[0].upper, quantity=500))
    for one in (quiet, venue):
        one.advance(moment_at(DAY, time(10, 30)))
    assert account.fills
    assert venue.floor.state(CODE) == quiet.floor.state(CODE)
    shown, same = venue.floor.book(CODE).depth, quiet.floor.book(CODE).depth
    assert [(a.price, a.quantity) for a in shown.asks] == [(a.price, a.quantity) for a in same.asks]


def test_orders_there_are_amended_and_cancelled_there() -> None:
    venue, account = _venue("16:30")
    low = LISTINGS[0].lower
    order = venue.submit(account, _ticket("00", low))
    venue.advance(venue.now + SECOND)
    changed = venue.amend(account, order.number, OrderKind.LIMIT, low + 10, None)
    venue.advance(venue.now + SECOND)
    assert (changed.place, changed.price, changed.status) == (Place.NXT, low + 10, Status.ACCEPTED)
    venue.cancel(account, changed.number)
    venue.advance(venue.now + SECOND)
    assert changed.status is Status.CANCELLED
    assert account.reserved == 0


@pytest.mark.parametrize(
    ("at", "kind", "place"),
    [
        ("08:10", "00", Place.NXT),
        ("08:55", "00", Place.KRX),
        ("10:00", "00", Place.KRX),
        ("10:00", "01", Place.KRX),
        ("15:25", "00", Place.KRX),
        ("16:30", "00", Place.NXT),
    ],
)
def test_with_sor_the_broker_chooses_who_trades(at: str, kind: str, place: Place) -> None:
    venue, account = _venue(at)
    order = venue.submit(account, _ticket(kind, 10_000, place=Place.SOR, quantity=1))
    assert (order.asked, order.place) == (Place.SOR, place)


def test_an_order_that_sor_routed_stays_one_of_sor_when_it_is_changed() -> None:
    venue, account = _venue("08:10")
    low = LISTINGS[0].lower
    order = venue.submit(account, _ticket("00", low, place=Place.SOR))
    changed = venue.amend(account, order.number, OrderKind.LIMIT, low + 10, None)
    venue.advance(venue.now + SECOND)
    request = venue.cancel(account, changed.number)
    assert {(one.asked, one.place) for one in (order, changed, request)} == {(Place.SOR, Place.NXT)}


def test_what_nxt_does_not_list_goes_to_krx_with_sor() -> None:
    venue, account = _venue("08:40")
    order = venue.submit(
        account, Ticket(FUND.code, Side.BUY, OrderKind.LIMIT, 1, 10_000, place=Place.SOR)
    )
    assert order.place is Place.KRX


def test_the_single_price_is_an_auction_every_ten_minutes_until_there_was_an_after_market() -> None:
    day = date(2022, 6, 2)
    venue, account = _venue("16:01", day)
    high, low = (LISTINGS[0].close * part // 100 // 50 * 50 for part in (105, 95))
    kind = OrderKind.SINGLE_PRICE
    buys = venue.submit(account, Ticket(CODE, Side.BUY, kind, 10, high))
    never = venue.submit(account, Ticket(CODE, Side.BUY, kind, 10, low))
    venue.advance(moment_at(day, time(16, 9, 59)))
    assert buys.filled == 0
    venue.advance(moment_at(day, time(18, 1)))
    assert (buys.filled, buys.status, never.status) == (10, Status.FILLED, Status.EXPIRED)
    times = {datetime_of(fill.at) for fill in account.fills}
    assert all(one.minute % 10 == 0 and one.second == 0 for one in times)
    far = Ticket(CODE, Side.BUY, kind, 1, LISTINGS[0].close * 115 // 100 // 50 * 50)
    venue, account = _venue("16:30", day)
    assert _refused(venue, account, far) is Reason.OUTSIDE_LIMITS
    venue, account = _venue("16:30")
    assert _refused(venue, account, Ticket(CODE, Side.BUY, kind, 1, 10_000)) is Reason.WRONG_KIND


def test_the_day_of_the_exchange_ends_after_the_last_session() -> None:
    assert hours(DAY).over == moment_at(DAY, time(20))
    assert hours(date(2025, 6, 2)).over == moment_at(date(2025, 6, 2), time(20))
    assert hours(date(2022, 6, 2)).over == moment_at(date(2022, 6, 2), time(18))
