"""Plans: every line once, each refusal with its reason, going on after a crash by the ledger."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from tests.desk.table import DAY, OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.plausibility import DayRange
from maemae.desk.records import Halt, Listed, PlanBegun, PlanEnded, PlanSkipped
from maemae.desk.rules import BookRules, DeskRules, Entry
from maemae.desk.terms import Exits
from maemae.market.kinds import Side

FILE = "2022-06-02-mom.json"
THU = DAY.date()


def plan_rules(*, auction: bool = False) -> DeskRules:
    base = rules()
    book = BookRules(
        entry=Entry(amount=0, names=2, exits=Exits()),
        search_every=timedelta(seconds=10),
        signal_every=timedelta(seconds=10),
        auction=auction,
    )
    return DeskRules(
        books={"mom": book}, costs=base.costs, limits=base.limits, balance_every=base.balance_every
    )


def table(now: datetime = OPENS, *, auction: bool = False) -> Table:
    return Table(Desk(plan_rules(auction=auction)), now)


def plan(
    at: datetime,
    *,
    buys: tuple[str, ...] = (),
    sells: tuple[str, ...] = (),
    fingerprint: str = "f1",
    minutes: int = 10,
    day: date = THU,
) -> ev.PlanOpened:
    offers = tuple(
        ev.Candidate(Listed(code=code, name=code), 0, quantity=7, reason="plan") for code in buys
    )
    return ev.PlanOpened(
        at=at, book="mom", plan=FILE, day=day, fingerprint=fingerprint, buys=offers, sells=sells,
        until=at + timedelta(minutes=minutes),
    )  # fmt: skip


def buy(t: Table, code: str, number: int) -> None:
    """Answer what the desk asks for a name, and fill its order."""
    t.price(code, 10_000)
    t.power(code)
    send = t.sends()[-1]
    assert (send.code, send.quantity, send.price) == (code, 7, None)
    t.accept(send.intent, number)
    t.notice(number, code, 7, 10_000)


def ended(t: Table) -> PlanEnded:
    (record,) = [one for one in t.records if isinstance(one, PlanEnded)]
    return record


def again(t: Table) -> Table:
    """Restart from the ledger."""
    new = Table(Desk(plan_rules(), t.records), t.now, list(t.records))
    shares = {f"c{code}": n for code, n in t.desk.state.portfolio.holdings().items()}
    new.start()
    new.inquire()
    new.balance(t.desk.state.cash, **shares)
    return new


def test_every_line_is_ordered_once_with_its_exact_quantity() -> None:
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930", "000660")))
    buy(t, "005930", 1)
    buy(t, "000660", 2)
    assert [send.code for send in t.sends()] == ["005930", "000660"]
    assert (ended(t).sent, ended(t).skipped) == (2, {})
    t.say(plan(t.later(), buys=("005930", "000660")))
    assert len(t.sends()) == 2


def test_a_crash_in_the_middle_goes_on_where_it_was() -> None:
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930", "000660")))
    buy(t, "005930", 1)
    t.later()
    new = again(t)
    new.say(plan(new.now, buys=("005930", "000660")))
    buy(new, "000660", 2)
    assert [send.code for send in new.sends()] == ["000660"]
    assert ended(new).sent == 2
    assert sum(isinstance(record, PlanBegun) for record in new.records) == 1


def lost_in_a_crash() -> Table:
    """Return a trader that comes back after an order of which nobody knows whether it arrived."""
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930",)))
    t.price("005930", 10_000)
    t.power("005930")
    assert len(t.sends()) == 1
    new = Table(Desk(plan_rules(), t.records), t.later(), list(t.records))
    new.start()
    new.say(plan(new.now, buys=("005930",)))
    new.price("005930", 10_000)
    assert new.sends() == []
    assert not [one for one in new.records if isinstance(one, PlanEnded)]
    return new


def test_an_order_lost_in_the_crash_that_arrived_is_not_sent_again() -> None:
    t = lost_in_a_crash()
    t.inquire(t.row(1, "005930", 7, 7))
    assert t.sends() == []
    assert (ended(t).sent, ended(t).skipped) == (1, {})


def test_an_order_lost_in_the_crash_that_never_arrived_goes_again_as_the_next() -> None:
    t = lost_in_a_crash()
    (first,) = t.desk.state.blotter.orders.values()
    for _ in range(3):
        t.later(20)
        t.inquire()
        t.balance(t.desk.state.cash)
    assert first.state is OrderState.NEVER_ARRIVED
    t.say(ev.Timer(at=t.later(), name="plan:mom"))
    buy(t, "005930", 1)
    (send,) = t.sends()
    assert send.intent != first.intent
    assert (ended(t).sent, ended(t).skipped) == (1, {})


def test_what_is_over_or_was_changed_is_not_carried_out() -> None:
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930",)))
    t.say(plan(t.later(), buys=("000660",), fingerprint="f2"))
    assert t.incidents() == ["plan_changed"]
    refused = ev.PlanRefused(at=t.now, book="mom", plan=FILE, day=DAY.date(), reason="late")
    skipping = table()
    skipping.open()
    skipping.say(refused)
    skipping.say(refused)
    assert [r.reason for r in skipping.records if isinstance(r, PlanSkipped)] == ["late"]
    skipping.say(plan(skipping.later(), buys=("005930",)))
    assert not [r for r in skipping.records if isinstance(r, PlanBegun)]


def test_names_held_by_the_owner_are_not_bought_and_not_sold() -> None:
    t = table()
    t.open(c005930=10)
    t.price("005930", 10_000)
    t.say(plan(t.now, buys=("005930",), sells=("005930",)))
    assert t.sends() == []
    assert ended(t).skipped == {"005930": "held"}
    t = table()
    t.open(c005930=10)
    t.say(plan(t.now, sells=("005930",)))
    assert ended(t).skipped == {"005930": "not_held"}


def test_what_the_book_holds_is_sold_whole() -> None:
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930",)))
    buy(t, "005930", 1)
    t.now = DAY.replace(day=3, hour=9)
    cash = t.desk.state.cash
    t.say(
        ev.Started(
            at=t.now, opens=t.now, auction=t.now.replace(hour=15, minute=20),
            closes=t.now.replace(hour=15, minute=30),
        )
    )  # fmt: skip
    t.balance(cash, c005930=7)
    t.price("005930", 10_000)
    t.say(plan(t.later(), sells=("005930",), day=t.now.date(), fingerprint="f2"))
    send = t.sends()[-1]
    assert (send.side, send.quantity, send.urgent) == (Side.SELL, 7, True)


def test_too_little_cash_skips_the_line_with_the_reason() -> None:
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930", "000660")))
    t.price("005930", 10_000)
    t.power("005930", quantity=3, amount=39_000)
    buy(t, "000660", 1)
    assert ended(t).skipped == {"005930": "buying_power"}
    assert ended(t).sent == 1


def test_a_line_waits_while_a_buy_that_is_not_filled_yet_holds_the_money() -> None:
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930", "000660")))
    t.price("005930", 10_000)
    t.power("005930")
    t.accept(t.sends()[-1].intent, 1)
    t.price("000660", 10_000)
    t.power("000660", quantity=2)
    t.later(5)
    t.say(ev.Timer(at=t.now, name="plan:mom"))
    assert len(t.sends()) == 1
    t.notice(1, "005930", 7, 10_000)
    t.later(5)
    t.say(ev.Timer(at=t.now, name="plan:mom"))
    buy(t, "000660", 2)
    assert (ended(t).sent, ended(t).skipped) == (2, {})


def test_what_has_no_price_in_time_is_left_with_the_reason() -> None:
    t = table()
    t.open()
    t.say(plan(t.now, buys=("005930",)))
    t.say(ev.Unavailable(at=t.later(), query=ev.Query.PRICE, key="005930", reason="down"))
    t.say(ev.Timer(at=t.later(5), name="plan:mom"))
    assert t.asks().count(ev.Query.PRICE) == 2  # It is tried again.
    t.say(ev.Timer(at=t.later(600), name="plan:mom"))
    assert ended(t).skipped == {"005930": "too_late"}
    assert t.desk.entries.offers["mom"] == ()


def test_a_halt_holds_the_buys_back_until_it_is_too_late() -> None:
    t = table()
    t.open()
    t.say(ev.HaltOrdered(at=t.now, level=Halt.ENTRIES, reason="me"))
    t.say(plan(t.now, buys=("005930",)))
    t.price("005930", 10_000)
    t.say(ev.Timer(at=t.later(600), name="plan:mom"))
    assert t.sends() == []
    assert ended(t).skipped == {"005930": "halted"}


def test_a_book_may_order_into_the_opening_auction() -> None:
    early = DAY.replace(hour=8, minute=30)
    for auction, expected in ((True, 1), (False, 0)):
        t = table(early, auction=auction)
        t.say(
            ev.Started(
                at=early, opens=OPENS, auction=DAY.replace(hour=15, minute=20),
                closes=DAY.replace(hour=15, minute=30), accepts=early,
            )
        )  # fmt: skip
        t.balance(10_000_000)
        t.say(plan(t.now, buys=("005930",)))
        t.price("005930", 10_000)
        t.power("005930")
        assert len(t.sends()) == expected
        wake = [c for c in t.commands if c == cmd.Wake("search:mom", early)]
        assert len(wake) == expected


@pytest.mark.parametrize(
    ("close", "base", "price", "bought"),
    [
        (10_000, 10_000, 10_100, True),
        (10_001, 10_000, 10_100, False),
        (2_000, 10_000, 10_100, False),  # Five became one: seven shares would cost five times.
        (50_000, 10_000, 10_100, False),
        (10_000, None, 12_900, True),
        (2_000, None, 10_100, False),
    ],
)
def test_shares_are_bought_that_are_those_of_the_close_that_decided(
    close: int, base: int | None, price: int, *, bought: bool
) -> None:
    t = table()
    t.open()
    opened = plan(t.now, buys=("005930",))
    t.say(replace(opened, buys=(replace(opened.buys[0], close=close),)))
    t.price("005930", price)  # A tick tells no base price: it is asked for.
    assert t.sends() == []
    day = DayRange(base, base * 7 // 10, base * 13 // 10) if base else None
    t.say(ev.Price(at=t.now, code="005930", price=price, polled=True, base=base, day=day))
    t.power("005930")
    if bought:
        assert [send.code for send in t.sends()] == ["005930"]
    else:
        assert t.sends() == []
        assert ended(t).skipped == {"005930": "other_unit"}
