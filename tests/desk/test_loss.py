"""The day's loss: what is in it, and that it is judged on every price, warned of and halts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.desk.table import DAY, OPENS, Table, rules

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.plausibility import DayRange
from maemae.desk.terms import Exits

CODE = "005930"
KEEPS = Exits(take_profit=Decimal(9))


def overnight(base: int, paid: int = 10_000, **limits: Any) -> Table:
    """100 shares bought yesterday at `paid` won; the broker states today's base price."""
    before = Table(Desk(rules(KEEPS)))
    before.open()
    before.bought(price=paid)
    it = Table(Desk(rules(KEEPS, **limits), before.records), now=OPENS + timedelta(days=1))
    day = DAY + timedelta(days=1)
    it.say(
        ev.Started(
            at=it.now, opens=it.now, auction=day.replace(hour=15), closes=day.replace(hour=16)
        )
    )
    held = (ev.Holding(code=CODE, quantity=100, price=base, base=base),)
    cash = it.desk.state.cash
    it.say(ev.Balance(at=it.now, cash=cash, holdings=held, asked=it.desk.state.version))
    return it


def incidents(it: Table) -> list[tuple[str, str]]:
    return [(one.kind, one.detail) for one in it.records if isinstance(one, rec.Incident)]


def halts(it: Table) -> list[tuple[str, str]]:
    return [(one.reason, one.book) for one in it.records if isinstance(one, rec.Halted)]


def test_a_fall_of_today_counts_though_the_purchase_still_gains() -> None:
    it = overnight(base=12_000)
    it.price(CODE, 11_500)
    assert it.desk.loss() == 50_000


def test_a_loss_of_yesterday_counts_nothing() -> None:
    it = overnight(base=9_000)
    it.price(CODE, 9_500)
    assert it.desk.day_result() == 50_000
    assert it.desk.loss() == 0


def test_a_base_price_that_follows_a_corporate_action_is_no_loss() -> None:
    it = overnight(base=10_000)
    it.say(
        ev.Price(
            at=it.later(), code=CODE, price=8_000, polled=True,
            day=DayRange(base=8_000, lower=5_600, upper=10_400),
        )
    )  # fmt: skip
    it.price(CODE, 8_000)
    assert it.desk.day_result() == 0
    assert [one.price for one in it.records if isinstance(one, rec.BasePriced)] == [8_000]


def test_a_base_price_before_the_day_opens_is_none_of_the_day_before() -> None:
    it = overnight(base=10_000)
    it.price(CODE, 9_900)
    lost = it.desk.loss()
    it.now += timedelta(days=1)
    it.say(
        ev.Price(
            at=it.now, code=CODE, price=8_000, polled=True,
            day=DayRange(base=8_000, lower=5_600, upper=10_400),
        )
    )  # fmt: skip
    assert not [one for one in it.records if isinstance(one, rec.BasePriced)]
    assert lost == 10_000
    (line,) = it.desk.state.today.lines.values()
    assert line.opened == 1_000_000


def test_what_is_traded_today_counts_with_its_costs() -> None:
    it = Table(Desk(rules(KEEPS)))
    it.open()
    it.bought()
    it.price(CODE, 10_100)
    assert it.desk.day_result() == 100 * 100 - it.desk.state.costs.total
    assert it.desk.day_result("scalper") == it.desk.day_result()
    assert it.desk.day_result("other") == 0


def test_deposits_and_the_owners_shares_are_apart() -> None:
    it = overnight(base=10_000)
    for record in (
        rec.CashStated(at=it.now, difference=-3_000_000, reason="costs"),
        rec.OwnerTraded(at=it.now, code=CODE, change=70),
        rec.PositionLost(at=it.now, book="scalper", code=CODE, quantity=40),
    ):
        it.desk.state.apply(record)
    assert it.desk.day_result() == 0


def test_shares_that_change_their_book_take_their_worth_along() -> None:
    it = overnight(base=10_000)
    it.price(CODE, 9_500)
    it.desk.state.apply(
        rec.PositionMoved(
            at=it.now, origin="scalper", book="owner", listed=rec.Listed(code=CODE), quantity=60,
            worth=60 * 9_500,
        )
    )  # fmt: skip
    assert it.desk.day_result("scalper") == -50_000
    it.price(CODE, 9_000)
    assert it.desk.day_result("scalper") == -50_000 - 40 * 500


def test_it_is_warned_of_and_halts_at_the_price_that_reaches_the_limit() -> None:
    it = overnight(base=10_000, daily_loss=50_000)
    for price in (9_800, 9_750, 9_740, 9_600, 9_501):
        it.price(CODE, price)
    assert incidents(it) == [
        ("loss_near", "25,000 / 50,000"),
        ("loss_near", "40,000 / 50,000"),
    ]
    assert halts(it) == []
    it.price(CODE, 9_500)
    assert incidents(it)[2:] == [("daily_loss", "50,000 / 50,000")]
    assert halts(it) == [("daily_loss", "")]


def test_a_balance_halts_just_as_well() -> None:
    it = overnight(base=10_000, daily_loss=50_000)
    held = (ev.Holding(code=CODE, quantity=100, price=9_500, base=10_000),)
    state = it.desk.state
    it.say(ev.Balance(at=it.later(31), cash=state.cash, holdings=held, asked=state.version))
    assert halts(it) == [("daily_loss", "")]


def test_a_books_loss_stops_that_book_alone() -> None:
    it = overnight(base=10_000, book_loss=20_000)
    it.price(CODE, 9_700)
    assert halts(it) == [("book_loss", "scalper")]
    assert incidents(it) == [("book_loss", "scalper: 30,000 / 20,000")]
    assert it.desk.state.halt is rec.Halt.NONE


def test_who_resumes_at_the_limit_is_halted_again_at_the_next_step() -> None:
    it = overnight(base=10_000, daily_loss=50_000)
    it.price(CODE, 9_500)
    it.say(ev.HaltOrdered(at=it.later(), level=rec.Halt.NONE, reason="by hand"))
    assert halts(it) == [("daily_loss", ""), ("by hand", ""), ("daily_loss", "")]
    assert incidents(it) == [("daily_loss", "50,000 / 50,000")]


def test_a_restart_in_the_day_keeps_the_figure() -> None:
    it = overnight(base=12_000)
    it.price(CODE, 11_500)
    again = Desk(rules(KEEPS), [*before_records(), *it.records])
    again.quotes.update(it.desk.quotes)
    assert again.day_result() == it.desk.day_result() == -50_000


def before_records() -> list[rec.Record]:
    before = Table(Desk(rules(KEEPS)))
    before.open()
    before.bought()
    return before.records


def test_an_old_ledger_counts_from_what_was_paid() -> None:
    state = overnight(base=12_000).desk.state
    assert state.day is not None
    state.apply(rec.DayOpened(at=OPENS, day=state.day, cash=state.cash, holdings={CODE: 100}))
    assert state.today.lines["scalper", CODE].opened == 1_000_000
