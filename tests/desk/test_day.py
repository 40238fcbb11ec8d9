"""A day of the condition scalper, told as a story."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from tests.desk.table import DAY, OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.reconciling import LOOKS_TO_LOSE
from maemae.desk.terms import Exits
from maemae.market.kinds import Side


def asks(commands: list[cmd.Command]) -> list[cmd.Ask]:
    return [command for command in commands if isinstance(command, cmd.Ask)]


def test_the_day_starts_with_questions_and_timers(table: Table) -> None:
    commands = table.start()
    assert [a.query for a in asks(commands)] == [ev.Query.EXECUTIONS, ev.Query.BALANCE]
    wakes = {c.name: c.at for c in commands if isinstance(c, cmd.Wake)}
    assert wakes["search:scalper"] == OPENS
    assert wakes["signal:scalper"] == OPENS + timedelta(seconds=10)
    assert wakes["balance"] == OPENS + timedelta(seconds=30)
    assert wakes["close"] > DAY.replace(hour=15, minute=30)


def test_nothing_is_bought_before_the_books_are_known(table: Table) -> None:
    table.start()
    assert not asks(table.offer("005930"))


def test_a_candidate_is_bought_for_the_amount_within_the_buying_power(table: Table) -> None:
    table.open()
    assert asks(table.offer("005930", price=30_000)) == [cmd.Ask(ev.Query.POWER, "005930")]
    table.power("005930", quantity=20, amount=780_000)
    (send,) = table.sends()
    assert (send.side, send.code, send.quantity, send.price) == (Side.BUY, "005930", 20, None)
    assert table.desk.state.free_cash == 10_000_000 - 20 * 39_000


def test_the_intent_is_a_fact_of_the_same_step_as_the_order(table: Table) -> None:
    """What the shell needs in order to write ahead."""
    table.open()
    table.offer("005930")
    turn = table.desk.step(
        ev.BuyingPower(at=table.now, code="005930", quantity=500, amount=6_500_000)
    )
    (send,) = [c for c in turn.commands if isinstance(c, cmd.Send)]
    (intent,) = [r for r in turn.records if isinstance(r, rec.Intended)]
    assert (send.intent, send.quantity) == (intent.intent, intent.quantity)


def test_entries_go_one_at_a_time_and_stop_when_the_slots_are_full(table: Table) -> None:
    table.open()
    table.offer("000001", "000002", "000003")
    table.power("000001")
    assert [s.code for s in table.sends()] == ["000001"]
    assert cmd.Ask(ev.Query.POWER, "000002") in table.accept(table.sends()[0].intent, 1)
    table.power("000002")
    table.accept(table.sends()[1].intent, 2)
    assert [s.code for s in table.sends()] == ["000001", "000002"]
    table.notice(1, "000001", 100, 10_000)
    assert not asks(table.say(ev.Timer(at=table.later(), name="signal:scalper")))


def test_what_the_owner_holds_is_never_touched(table: Table) -> None:
    table.open(c005930=7)
    assert table.desk.state.portfolio.foreign == {"005930": 7}
    assert not asks(table.offer("005930"))
    table.price("005930", 1)
    assert table.sends() == []


@pytest.mark.parametrize(
    ("price", "reason"),
    [(10_220, None), (10_270, "take_profit"), (9_950, None), (9_900, "stop_loss")],
)
def test_a_bound_reached_after_costs_sells_the_whole_holding(
    table: Table, price: int, reason: str | None
) -> None:
    table.open()
    shares = table.bought()
    table.later()
    table.price("005930", price)
    sells = [s for s in table.sends() if s.side is Side.SELL]
    if reason is None:
        assert sells == []
        return
    (sell,) = sells
    assert (sell.quantity, sell.price, sell.urgent) == (shares, None, True)
    intent = table.records[-1]
    assert isinstance(intent, rec.Intended)
    assert intent.reason == reason


def test_an_exit_is_sent_once_however_many_ticks_ask_for_it(table: Table) -> None:
    table.open()
    table.bought()
    for price in (9_000, 8_900, 8_800):
        table.later()
        table.price("005930", price)
    assert len([s for s in table.sends() if s.side is Side.SELL]) == 1


def test_the_polled_balance_is_the_fallback_when_ticks_are_silent(table: Table) -> None:
    table.open()
    table.bought()
    table.later(31)
    state = table.desk.state
    holding = ev.Holding(code="005930", quantity=100, price=9_800)
    table.say(ev.Balance(at=table.now, cash=state.cash, holdings=(holding,), asked=state.version))
    assert table.sends()[-1].side is Side.SELL


def test_a_sold_name_is_bought_again_only_when_a_newer_search_shows_it(table: Table) -> None:
    table.open()
    shares = table.bought()
    table.later()
    table.price("005930", 9_000)
    table.accept(table.sends()[-1].intent, 2)
    table.notice(2, "005930", shares, 9_000, side=Side.SELL)
    assert not table.desk.state.portfolio.positions
    table.say(ev.Timer(at=table.later(10), name="signal:scalper"))
    assert len(table.sends()) == 2
    table.offer("005930", price=9_000)
    table.power("005930")
    assert len(table.sends()) == 3


def test_the_books_follow_the_fills_to_the_won(table: Table) -> None:
    table.open()
    table.bought(price=10_000)
    table.later()
    table.price("005930", 10_500)
    table.accept(table.sends()[-1].intent, 2)
    table.notice(2, "005930", 60, 10_500, side=Side.SELL)
    table.later()
    table.notice(2, "005930", 40, 10_450, side=Side.SELL)
    state = table.desk.state
    sold = 60 * 10_500 + 40 * 10_450
    # Virtual server: each side's fee cut to 10 won a day, the KOSPI taxes of 2022 to the won.
    fee = 1_000_000 * 142 // 10**6 // 10 * 10 + sold * 142 // 10**6 // 10 * 10
    tax = sold * 8 // 10_000 + sold * 15 // 10_000
    assert state.costs.fee == fee
    assert state.costs.tax == tax
    assert state.cash == 10_000_000 - 1_000_000 + sold - fee - tax
    assert state.portfolio.results["scalper"].realised == sold - 1_000_000 - fee - tax
    assert not state.portfolio.positions


def test_the_day_closes_only_when_the_books_agree(table: Table) -> None:
    table.open()
    shares = table.bought()
    table.now = DAY.replace(hour=15, minute=31)
    table.say(ev.Timer(at=table.now, name="close"))
    table.inquire(table.row(1, "005930", shares, shares))
    assert not table.desk.finished
    stated(table, shares, 10_000)
    assert table.desk.finished
    assert isinstance(table.records[-1], rec.DayClosed)


def stated(table: Table, shares: int, price: int) -> None:
    """Let a balance state shares and their last price."""
    held = (ev.Holding(code="005930", quantity=shares, price=price),)
    state = table.desk.state
    table.say(ev.Balance(at=table.now, cash=state.cash, holdings=held, asked=state.version))


@pytest.mark.parametrize(
    ("prices", "closes"),
    [
        ([10_050], {"005930": 10_050}),
        ([0, 10_050], {"005930": 10_050}),
        ([13_500, 10_050], {"005930": 10_050}),
        ([8_000, 10_050], {"005930": 10_050}),
        ([8_000, 8_000], {"005930": 8_000}),
        ([0, 0, 0, 0, 0], {}),
        ([8_000, 13_500, 0, 8_100, 13_000], {}),
    ],
    ids=str,
)
def test_a_close_that_is_blank_or_far_off_is_asked_for_again(
    table: Table, prices: list[int], closes: dict[str, int]
) -> None:
    """A wrong one would make up rights that have left, or hide some that have."""
    table.open()
    shares = table.bought()
    table.now = DAY.replace(hour=15, minute=31)
    for price in prices:
        assert not table.desk.finished
        table.say(ev.Timer(at=table.later(2), name="close"))
        table.inquire(table.row(1, "005930", shares, shares))
        stated(table, shares, price)
    assert table.desk.finished
    assert table.records[-1] == rec.DayClosed(at=table.now, day=DAY.date(), closes=closes)


def test_the_day_does_not_close_while_they_differ(table: Table) -> None:
    table.open()
    shares = table.bought()
    table.now = DAY.replace(hour=15, minute=31)
    table.say(ev.Timer(at=table.now, name="close"))
    table.balance(table.desk.state.cash, c005930=shares - 1)
    table.inquire(table.row(1, "005930", shares, shares))
    assert not table.desk.finished


def test_an_order_that_is_still_open_at_the_close_expires(table: Table) -> None:
    table.open()
    table.offer("005930")
    table.power("005930")
    table.accept(table.sends()[0].intent, 1)
    table.now = DAY.replace(hour=15, minute=31)
    table.say(ev.Timer(at=table.now, name="close"))
    table.inquire(table.row(1, "005930", 100, 0))
    table.balance(table.desk.state.cash)
    (order,) = table.desk.state.blotter.orders.values()
    assert order.state is OrderState.EXPIRED
    assert table.desk.finished


def test_no_entries_in_the_closing_auction_but_exits_still(table: Table) -> None:
    table.open()
    table.bought()
    table.now = DAY.replace(hour=15, minute=21)
    assert not asks(table.offer("000002"))
    table.price("005930", 9_000)
    assert table.sends()[-1].side is Side.SELL


def test_replaying_the_records_rebuilds_the_desk(table: Table) -> None:
    table.open(c000005=3)
    table.bought()
    table.later()
    table.price("005930", 9_000)
    table.accept(table.sends()[-1].intent, 2)
    table.notice(2, "005930", 30, 9_000, side=Side.SELL)
    again, state = Desk(rules(), table.records).state, table.desk.state
    assert again.cash == state.cash
    assert again.portfolio.positions == state.portfolio.positions
    assert again.blotter.orders == state.blotter.orders
    assert again.portfolio.foreign == state.portfolio.foreign
    assert again.version == state.version
    assert again.next_intent() == state.next_intent()


def test_a_flatten_cancels_buys_and_sells_everything_at_any_price(table: Table) -> None:
    table.open()
    shares = table.bought()
    table.offer("000002")
    table.power("000002")
    table.accept(table.sends()[-1].intent, 2)
    commands = table.say(ev.FlattenOrdered(at=table.later(), reason="test"))
    (cancel,) = [c for c in commands if isinstance(c, cmd.SendCancel)]
    assert cancel.order_no == 2
    (sell,) = [c for c in commands if isinstance(c, cmd.Send)]
    assert (sell.side, sell.quantity) == (Side.SELL, shares)
    assert table.desk.state.halt is rec.Halt.EXITS_ONLY


@pytest.mark.parametrize("level", [rec.Halt.NONE, rec.Halt.ENTRIES, rec.Halt.EXITS_ONLY])
@pytest.mark.parametrize("price", [9_800, 10_050])
def test_what_the_kill_switch_kept_from_being_sold_goes_out_when_it_is_let_go(
    table: Table, level: rec.Halt, price: int
) -> None:
    """Seed 71200178: it waited for the next price, or for ten seconds."""
    table.open()
    table.bought()
    table.say(ev.HaltOrdered(at=table.later(), level=rec.Halt.ALL, reason="test"))
    table.price("005930", price)
    said = table.say(ev.HaltOrdered(at=table.later(), level=level, reason="test"))
    sold = [one.quantity for one in said if isinstance(one, cmd.Send)]
    assert sold == ([100] if price < 10_000 else [])


def test_a_flatten_sells_even_where_the_kill_switch_was_thrown(table: Table) -> None:
    table.open()
    table.bought()
    table.say(ev.HaltOrdered(at=table.later(), level=rec.Halt.ALL, reason="test"))
    table.price("005930", 9_000)
    assert len(table.sends()) == 1
    table.say(ev.FlattenOrdered(at=table.later(), reason="test", book="scalper"))
    assert table.desk.state.halt is rec.Halt.EXITS_ONLY
    assert table.sends()[-1].side is Side.SELL


def test_what_is_due_at_the_open_goes_at_the_open_and_not_when_a_trade_comes() -> None:
    """Seed 5327: a position that had been held long enough waited for seconds."""
    table = Table(Desk(rules(Exits(at=time(9, 0, 30)))))
    table.open()
    assert cmd.Wake("exits:open", OPENS) in table.commands
    table.bought()
    said = table.say(ev.Timer(at=table.later(31), name="exits:open"))
    assert [one.side for one in said if isinstance(one, cmd.Send)] == [Side.SELL]
    assert "exits" not in [one.name for one in said if isinstance(one, cmd.Wake)]


@pytest.mark.parametrize(
    ("exits", "wakes"),
    [
        (Exits(at=time(9, 5)), ["exits:09:05:00"]),
        (Exits(at=time(9, 5), days=2), ["exits:09:05:00"]),
        (Exits(before_close=10), ["exits:15:20:00"]),
        (Exits(stop_loss=Decimal("0.01")), []),
    ],
)
def test_what_the_clock_makes_due_is_looked_at_by_the_clock(exits: Exits, wakes: list[str]) -> None:
    """Real days: a quiet name whose days were over waited for the next round, up to 10 s."""
    table = Table(Desk(rules(exits)))
    table.start()
    said = [one.name for one in table.commands if isinstance(one, cmd.Wake)]
    assert [name for name in said if name.startswith("exits:") and name != "exits:open"] == wakes


def test_an_exit_by_the_clock_needs_no_trade() -> None:
    table = Table(Desk(rules(Exits(at=time(9, 5)))))
    table.open()
    table.bought()
    (wake,) = [
        one for one in table.commands if isinstance(one, cmd.Wake) and one.name == "exits:09:05:00"
    ]
    table.now = wake.at
    said = table.say(ev.Timer(at=table.now, name=wake.name))
    assert [one.side for one in said if isinstance(one, cmd.Send)] == [Side.SELL]


def next_morning() -> Table:
    """A position of ours and five shares of the owner's, on the day after."""
    before = Table(Desk(rules()))
    before.open(c000660=5)
    before.bought()
    day = timedelta(days=1)
    it = Table(Desk(rules(), before.records), now=OPENS + day - timedelta(minutes=1))
    auction, closes = (OPENS.replace(hour=15, minute=minute) + day for minute in (20, 30))
    it.say(ev.Started(at=it.now, opens=OPENS + day, auction=auction, closes=closes))
    return it


@pytest.mark.parametrize("shown", [{}, {"c005930": 100}, {"c000660": 5}])
def test_a_first_balance_that_lacks_a_name_is_asked_for_again(shown: dict[str, int]) -> None:
    """The day opened on it, and what showed later came in untraded: books differed all day."""
    it = next_morning()
    cash = it.desk.state.cash
    it.balance(cash, **shown)
    assert it.desk.state.day == (it.now - timedelta(days=1)).date()
    it.balance(cash, c005930=100, c000660=5)
    assert it.desk.state.day == it.now.date()
    assert it.desk.state.portfolio.foreign == {"000660": 5}
    assert it.desk.state.portfolio.positions["scalper", "005930"].quantity == 100


@pytest.mark.parametrize(
    ("shown", "times"), [({"c005930": 100}, LOOKS_TO_LOSE), ({"c005930": 100, "c000670": 5}, 1)]
)
def test_the_day_opens_without_a_name_that_stays_away_or_may_have_become_another(
    shown: dict[str, int], times: int
) -> None:
    it = next_morning()
    for look in range(1, times + 1):
        it.balance(it.desk.state.cash, **shown)
        assert (it.desk.state.day == it.now.date()) is (look == times)


def test_no_exit_waits_for_a_name_that_a_first_balance_lacks_once_the_session_is_open() -> None:
    it = next_morning()
    it.now = OPENS + timedelta(days=1)
    it.balance(it.desk.state.cash, c005930=100)
    assert it.desk.state.day == it.now.date()


def test_the_day_opens_on_what_a_balance_had_when_the_next_does_not_come() -> None:
    """Without a day nothing is sold, and the broker may not answer for minutes."""
    it = next_morning()
    it.balance(it.desk.state.cash, c005930=100)
    assert it.desk.state.day != it.now.date()
    it.say(ev.Unavailable(at=it.later(), query=ev.Query.BALANCE, reason="HTTP 500"))
    assert it.desk.state.day == it.now.date()
    assert it.desk.state.portfolio.positions["scalper", "005930"].quantity == 100


def test_a_day_that_opens_on_what_a_balance_had_asks_for_the_base_prices() -> None:
    """It did not: exits of the names held overnight waited, and nobody asked what for."""
    it = next_morning()
    it.balance(it.desk.state.cash, c005930=100)
    before = len(it.commands)
    it.say(ev.Unavailable(at=it.later(), query=ev.Query.BALANCE, reason="HTTP 500"))
    said = it.commands[before:]
    assert cmd.Ask(ev.Query.PRICE, "005930") in said
    assert "units" in [one.name for one in said if isinstance(one, cmd.Wake)]


def test_nothing_is_said_of_a_day_that_is_not_open_yet() -> None:
    """What a name may have become was asked about anew with each balance that waited."""
    it = next_morning()
    it.desk.state.apply(rec.UnitDoubted(at=it.now, code="005930", before=100, after=0))
    for _ in range(LOOKS_TO_LOSE - 1):
        it.balance(it.desk.state.cash, c000660=5)
    assert "unit_unclear" not in it.incidents()
    it.balance(it.desk.state.cash, c005930=100, c000660=5)
    assert it.incidents().count("unit_unclear") == 1
