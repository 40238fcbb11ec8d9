"""Where the venue lists no orders (모의투자): notices, balances and buying power decide."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from tests.desk.paper import (
    ANSWERS,
    CASH,
    CODE,
    buy,
    by_hand,
    costs,
    held,
    look,
    nothing_moved,
    on_paper,
    order,
)
from tests.desk.table import Table, rules

from maemae.desk import closing
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import Order, OrderState
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind


@pytest.fixture(params=ANSWERS)
def table(request: pytest.FixtureRequest) -> Table:
    return on_paper(request.param)


def test_shares_that_moved_twice_fill_the_unknown_order_at_their_exact_price(table: Table) -> None:
    send = buy(table)
    table.lose(send.intent)
    paid = 100 * 9_990
    cash = CASH - paid - costs(Side.BUY, paid)
    look(table, cash, c005930=(100, 100))
    assert order(table).state is OrderState.UNKNOWN
    look(table, cash, c005930=(100, 100))
    assert (order(table).state, order(table).amount) == (OrderState.FILLED, paid)
    assert table.desk.state.cash == cash
    assert table.desk.state.portfolio.positions["scalper", CODE].paid == paid
    assert table.desk.state.free_cash == cash


def test_a_part_that_moved_leaves_the_rest_reserved(table: Table) -> None:
    table.lose(buy(table).intent)
    paid = 30 * 10_000
    for _ in range(2):
        look(table, CASH - paid - costs(Side.BUY, paid), c005930=(30, 30))
    assert (order(table).state, order(table).filled) == (OrderState.UNKNOWN, 30)
    assert order(table).reserved > 0


@pytest.mark.parametrize("moved", [{"c005930": (101, 101)}, {"c000660": (100, 100)}])
def test_what_the_order_could_not_fill_is_not_its_doing(table: Table, moved: Any) -> None:
    table.lose(buy(table).intent)
    for _ in range(3):
        look(table, CASH - 1_000_000, **moved)
    assert order(table).filled == 0


def test_cash_that_does_not_fit_gives_an_estimate_and_says_so(table: Table) -> None:
    table.lose(buy(table).intent)
    for _ in range(2):
        look(table, CASH + 5_000, c005930=(100, 100))
    assert order(table).state is OrderState.FILLED
    assert order(table).amount == 100 * 10_000
    assert "fill_estimated" in table.incidents()
    for _ in range(3):
        look(table, CASH + 5_000, c005930=(100, 100))
    assert table.desk.state.cash == CASH + 5_000


def test_what_strangers_notices_explain_is_the_owners(table: Table) -> None:
    table.lose(buy(table).intent)
    table.notice(77, CODE, 5, 10_000, order_quantity=5)
    for _ in range(3):
        look(table, CASH - 50_000, c005930=(5, 5))
    assert (order(table).state, order(table).filled) == (OrderState.UNKNOWN, 0)


def test_an_order_thought_lost_is_owned_when_its_shares_move_after_all(table: Table) -> None:
    table.lose(buy(table).intent)
    for _ in range(2):
        nothing_moved(table, CASH)
    assert order(table).state is OrderState.NEVER_ARRIVED
    paid = 100 * 10_000
    for _ in range(2):
        look(table, CASH - paid - costs(Side.BUY, paid), c005930=(100, 100))
    assert order(table).state is OrderState.FILLED
    assert "late_arrival" in table.incidents()
    assert table.desk.state.portfolio.positions["scalper", CODE].quantity == 100


def test_an_order_owned_in_part_is_told_of_in_time_if_nothing_tells_of_the_rest(
    table: Table,
) -> None:
    """No balance would have been asked for until the next of every half minute."""
    table.lose(buy(table).intent)
    for _ in range(2):
        nothing_moved(table, CASH)
    paid = 3 * 10_000
    cash = CASH - paid - costs(Side.BUY, paid)
    while order(table).state is OrderState.NEVER_ARRIVED:
        look(table, cash, c005930=(3, 3))
    due = table.now + timedelta(seconds=10)
    while table.now < due:
        wakes = [one.at for one in table.commands if isinstance(one, cmd.Wake)]
        assert any(table.now < at <= due for at in wakes), "it is not looked at again in time"
        table.commands.clear()
        look(table, cash, c005930=(3, 3))
    assert table.incidents().count("order_undecided") == 1


def test_an_order_thought_lost_is_owned_when_its_notice_comes_after_all(table: Table) -> None:
    table.lose(buy(table).intent)
    for _ in range(2):
        nothing_moved(table, CASH)
    table.notice(9, CODE, 40, 10_000, order_quantity=100)
    assert (order(table).state, order(table).filled) == (OrderState.WORKING, 40)
    assert "late_arrival" in table.incidents()


def working_sale(table: Table) -> tuple[str, int]:
    """Rest a limit order to sell 40 of 100 shares; return its intent and the cash."""
    buy(table)
    table.accept(table.sends()[-1].intent, 1)
    table.notice(1, CODE, 100, 10_000)
    table.price(CODE, 10_000)
    table.say(
        ev.OrderOrdered(
            at=table.now, ticket="t", book="scalper", side=Side.SELL, code=CODE,
            quantity=40, price=10_100,
        )
    )  # fmt: skip
    table.say(
        ev.Price(at=table.now, code=CODE, price=10_000, polled=True, listed=rec.Listed(code=CODE))
    )
    intent = table.sends()[-1].intent
    table.accept(intent, 2)
    table.later(5)
    return intent, table.desk.state.cash


@pytest.mark.parametrize(("free", "state"), [(100, "cancelled"), (60, "working"), (80, "working")])
def test_a_cancel_of_unknown_outcome_is_settled_by_what_can_be_sold(
    table: Table, free: int, state: str
) -> None:
    intent, cash = working_sale(table)
    table.say(ev.CancelOrdered(at=table.now, intent=intent))
    table.say(ev.CancelAnswered(at=table.now, intent=intent, failure="timeout"))
    for _ in range(3):
        look(table, cash, c005930=(100, free))
    assert table.desk.state.blotter.order(intent).state == state


def test_an_amendment_of_unknown_outcome_is_followed_by_its_fill(table: Table) -> None:
    intent, _ = working_sale(table)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=10_050))
    table.say(ev.AmendAnswered(at=table.now, intent=intent, failure="timeout"))
    table.notice(3, CODE, 40, 10_050, side=Side.SELL, original_no=2)
    found = table.desk.state.blotter.order(intent)
    assert (found.state, found.order_no, found.filled) == (OrderState.FILLED, 3, 40)


def test_a_missed_fill_of_a_working_order_is_booked_from_the_balance(table: Table) -> None:
    send = buy(table)
    table.accept(send.intent, 1)
    table.notice(1, CODE, 60, 10_000)
    paid = 40 * 10_010
    cash = table.desk.state.cash - paid - costs(Side.BUY, paid, table.desk.state.turnover)
    for _ in range(2):
        look(table, cash, c005930=(100, 100))
    assert (order(table).state, order(table).amount) == (OrderState.FILLED, 600_000 + paid)
    assert table.desk.state.cash == cash


def test_a_repeated_notice_is_dropped_when_the_books_agree_without_it(table: Table) -> None:
    send = buy(table)
    table.accept(send.intent, 1)
    for _ in range(2):
        table.notice(1, CODE, 40, 10_000)
    cash = table.desk.state.cash
    for _ in range(2):
        look(table, cash, c005930=(40, 40))
    look(table, cash, c005930=(40, 40))
    assert order(table).filled == 40


def test_a_twin_of_a_notice_is_booked_as_it_was_told_when_its_shares_are_there(
    table: Table,
) -> None:
    send = buy(table)
    table.accept(send.intent, 1)
    for _ in range(2):
        table.notice(1, CODE, 40, 10_000)
    both = 80 * 10_000
    cash = CASH - both - costs(Side.BUY, both)
    for _ in range(2):
        look(table, cash, c005930=(80, 80))
    fills = [r for r in table.records if isinstance(r, rec.Filled)]
    assert [(f.quantity, f.source) for f in fills] == [(40, "notice"), (40, "balance")]


def test_the_close_ends_an_order_without_a_number(table: Table) -> None:
    table.lose(buy(table).intent)
    paid = 30 * 10_000
    cash = CASH - paid - costs(Side.BUY, paid)
    for _ in range(2):
        look(table, cash, c005930=(30, 30))
    table.now = table.now.replace(hour=15, minute=31)
    for _ in range(closing.PRICE_TRIES):
        table.say(ev.Timer(at=table.later(), name="close"))
        look(table, cash, c005930=(30, 30))
    assert (order(table).state, order(table).filled) == (OrderState.EXPIRED, 30)
    assert table.desk.finished


def test_an_old_balance_is_no_look(table: Table) -> None:
    held(table)
    for _ in range(5):
        look(table, CASH)
    assert order(table).state is OrderState.UNKNOWN
    assert table.desk.state.portfolio.shares(CODE) == 100


def test_no_entry_goes_out_twice_while_an_order_is_unknown(table: Table) -> None:
    table.lose(buy(table).intent)
    for _ in range(5):
        look(table, CASH)
        table.offer(CODE)
        table.power(CODE, quantity=769, amount=CASH // 2)
    assert len(table.sends()) == 1


def test_a_venue_that_lists_orders_again_is_believed_again() -> None:
    table = Table(Desk(rules()))
    table.open()
    send = buy(table)
    table.accept(send.intent, 1)
    for _ in range(5):
        table.later()
        version = table.desk.state.version
        table.say(ev.Executions(at=table.now, rows=(), asked=version, sure=False))
    assert table.desk._tracker.blind
    table.inquire(table.row(1, CODE, 100, 100, ended=True))
    assert not table.desk._tracker.blind
    assert order(table).state is OrderState.FILLED


def test_a_venue_that_is_known_to_list_orders_may_list_them_late() -> None:
    table = Table(Desk(rules()))
    table.open()
    send = buy(table)
    table.accept(send.intent, 1)
    for _ in range(20):
        table.later()
        table.say(ev.Executions(at=table.now, rows=(), asked=table.desk.state.version))
    assert not table.desk._tracker.blind
    table.balance(CASH - 1_000_000 - 10_000, c005930=100)
    table.balance(CASH - 1_000_000 - 10_000, c005930=100)
    assert order(table).filled == 0
    table.inquire(table.row(1, CODE, 100, 100, amount=999_000, ended=True))
    assert (order(table).filled, order(table).amount) == (100, 999_000)


def test_an_order_found_in_the_list_can_be_cancelled_with_its_organisation_number() -> None:
    table = Table(Desk(rules()))
    table.open()
    resting = by_hand(table, "scalper", 10)
    table.lose(resting.intent)
    row = table.row(7, CODE, 10, 0, price=10_000, ordered=resting.intended, org_no="03930")
    table.inquire(row)
    table.say(ev.CancelOrdered(at=table.now, intent=resting.intent))
    cancel = table.commands[-1]
    assert isinstance(cancel, cmd.SendCancel)
    assert (cancel.order_no, cancel.org_no) == (7, "03930")


def test_an_inquiry_that_lacks_an_order_of_ours_is_no_look() -> None:
    table = Table(Desk(rules()))
    table.open()
    table.bought("000660", 1)
    table.offer(CODE)
    table.power(CODE)
    table.lose(table.sends()[-1].intent)
    for _ in range(3):
        table.later()
        table.inquire()
    assert order(table).state is OrderState.UNKNOWN


def two_unknown(table: Table) -> tuple[Order, Order]:
    """Lose a strategy's order of 100 shares and one by hand of 10 of another name."""
    table.lose(buy(table).intent)
    table.say(
        ev.OrderOrdered(
            at=table.now, ticket="t", book="scalper", side=Side.BUY, code="000660",
            quantity=10, price=9_900,
        )
    )  # fmt: skip
    table.say(
        ev.Price(
            at=table.now, code="000660", price=10_000, polled=True, listed=rec.Listed(code="000660")
        )
    )
    table.lose(table.sends()[-1].intent)
    first, second = table.desk.state.blotter.orders.values()
    return first, second


def test_of_two_orders_the_one_that_takes_nothing_of_the_buying_power_never_arrived(
    table: Table,
) -> None:
    first, second = two_unknown(table)
    for _ in range(2):
        nothing_moved(table, CASH - first.reserve)
    assert (first.state, second.state) == (OrderState.UNKNOWN, OrderState.NEVER_ARRIVED)
    assert table.desk.state.free_cash == CASH - first.reserve


def test_of_two_orders_neither_is_judged_where_either_could_be_the_one(table: Table) -> None:
    first, second = two_unknown(table)
    second.price = first.reserve // second.quantity
    for _ in range(3):
        nothing_moved(table, CASH - first.reserve)
    assert [first.state, second.state] == [OrderState.UNKNOWN] * 2


def test_buying_power_that_an_order_thought_gone_takes_from_is_no_measure(table: Table) -> None:
    table.lose(buy(table).intent)
    for _ in range(2):
        nothing_moved(table, CASH)
    assert order(table).state is OrderState.NEVER_ARRIVED
    taken = order(table).reserve
    table.offer("000660")
    table.power("000660", quantity=669, amount=CASH - taken)
    table.lose(table.sends()[-1].intent)
    for _ in range(2):
        nothing_moved(table, CASH)
    assert order(table).state is OrderState.NEVER_ARRIVED
    assert table.desk.state.power_share == 1


def test_cash_that_others_sales_brought_hides_no_order_that_rests() -> None:
    table = Table(Desk(rules()))
    table.start()
    table.say(ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, permanent=True))
    table.balance(CASH, c000660=100)
    table.lose(buy(table).intent)
    taken = order(table).reserve
    for _ in range(3):
        look(table, CASH + taken)  # The owner has sold the 100 shares, for as much.
        table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=CASH))
    assert order(table).state is OrderState.UNKNOWN
    assert "order_without_number" in table.incidents()


def test_shares_of_an_order_cancelled_long_after_it_was_intended_are_its_own(table: Table) -> None:
    send = buy(table)
    table.accept(send.intent, 1)
    table.later(600)
    table.notice(1, CODE, 0, 0, kind=ev.NoticeKind.CANCELLED, original_no=1)
    assert order(table).state is OrderState.CANCELLED
    paid = 100 * 10_000
    for _ in range(2):
        look(table, CASH - paid - costs(Side.BUY, paid), c005930=(100, 100))
    assert order(table).state is OrderState.FILLED
    assert table.desk.state.portfolio.positions["scalper", CODE].quantity == 100


@pytest.mark.parametrize(("twice", "whose"), [(True, "scalper"), (False, rec.OWNER)])
def test_shares_go_to_the_gone_order_of_which_a_fill_was_held_back_else_to_the_latest(
    table: Table, twice: bool, whose: str
) -> None:
    for number, book in ((1, "scalper"), (2, rec.OWNER)):
        table.accept(by_hand(table, book, 30).intent, number)
        for _ in range(1 + (twice and number == 1)):
            table.notice(number, CODE, 10, 10_000)
        table.later(2)
        table.notice(number, CODE, 0, 0, kind=ev.NoticeKind.CANCELLED, original_no=number)
    paid = 100_000
    cash = table.desk.state.cash - paid - costs(Side.BUY, paid, table.desk.state.turnover)
    for _ in range(2):
        look(table, cash, c005930=(30, 30))
    books = {o.book: o.filled for o in table.desk.state.blotter.orders.values()}
    assert books == {"scalper": 10, rec.OWNER: 10} | {whose: 20}


def test_a_market_priced_reserve_is_no_measure_of_what_a_limit_order_takes(table: Table) -> None:
    working = by_hand(table, "scalper", 100)
    table.accept(working.intent, 1)
    working.reserve = 1_300_000
    table.lose(by_hand(table, rec.OWNER, 10, "000660").intent)
    table.desk.state.power_share = Fraction(1)
    for _ in range(2):
        nothing_moved(table, CASH - 1_000_000)
    assert order(table).state is OrderState.NEVER_ARRIVED


def test_what_is_doubted_no_longer_is_forgotten(table: Table) -> None:
    intent, cash = working_sale(table)
    table.say(ev.StreamChanged(at=table.now, up=False, reason="reset"))
    table.notice(2, CODE, 40, 10_100, side=Side.SELL)
    look(table, table.desk.state.cash, c005930=(60, 60))
    assert intent not in table.desk._synchroniser._evidence.doubted
    assert cash < table.desk.state.cash


def test_an_order_that_stays_unknown_is_said_aloud_and_nothing_is_entered_until_it_is_known(
    table: Table,
) -> None:
    table.lose(buy(table).intent)
    look(table, CASH)
    assert "order_undecided" not in table.incidents()
    table.later(10)
    for _ in range(3):
        look(table, CASH - 50_000, c005930=(105, 105))
    told = [
        one.detail
        for one in table.records
        if isinstance(one, rec.Incident) and one.kind == "order_undecided"
    ]
    assert len(told) == 1
    assert told == [f"{order(table).intent}: scalper buy 100 x {CODE} (+105 / -50,000원)"]
    asked = len(table.sends())
    table.offer("000660")
    table.power("000660", quantity=669, amount=CASH)
    assert len(table.sends()) == asked
    for _ in range(2):
        look(table, CASH)
        table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=CASH))
    assert order(table).state is OrderState.NEVER_ARRIVED
    look(table, CASH)
    table.offer("000660")
    table.power("000660", quantity=669, amount=CASH)
    assert len(table.sends()) == asked + 1


def test_others_trades_in_other_names_do_not_wait_for_an_unknown_order(table: Table) -> None:
    table.lose(buy(table).intent)
    for _ in range(3):
        look(table, CASH - 50_000, c000660=(5, 5))
    assert table.desk.state.portfolio.foreign == {"000660": 5}
    assert order(table).state is OrderState.UNKNOWN
    assert table.desk.state.cash == CASH
    paid = 100 * 10_000
    cash = CASH - 50_000 - paid - costs(Side.BUY, paid)
    for _ in range(3):
        look(table, cash, c000660=(5, 5), c005930=(100, 100))
    assert order(table).state is OrderState.FILLED
    assert "fill_estimated" in table.incidents()
    for _ in range(3):
        look(table, cash, c000660=(5, 5), c005930=(100, 100))
    assert table.desk.state.cash == cash


def test_more_buying_power_than_cash_is_no_measure(table: Table) -> None:
    table.offer(CODE)
    table.power(CODE, quantity=769, amount=CASH + 1)
    assert table.desk.state.power_share is None
    table.lose(table.sends()[-1].intent)
    for _ in range(3):
        nothing_moved(table, CASH)
    assert order(table).state is OrderState.UNKNOWN


def test_a_fill_of_an_order_that_was_accepted_as_another_is_the_owners(table: Table) -> None:
    table.lose(by_hand(table, "scalper", 10).intent)
    accepted = {"kind": ev.NoticeKind.ACCEPTED, "order_quantity": 10}
    table.notice(77, CODE, 10, 0, **accepted)
    look(table, table.desk.state.cash)
    table.notice(77, CODE, 10, 9_900, order_quantity=10)
    assert (order(table).state, order(table).order_no) == (OrderState.UNKNOWN, None)
    for _ in range(3):
        look(table, CASH - 99_000, c005930=(10, 10))
    assert order(table).filled == 0


@pytest.mark.parametrize(("accepted", "ours"), [(None, True), (10_000, False)])
def test_what_an_order_without_a_number_became_by_phone_may_be_filled_beyond_its_price(
    table: Table, accepted: int | None, ours: bool
) -> None:
    """The owner amended it before anybody knew its number; the shares became his (65000101)."""
    if accepted is not None:  # Somebody else's: it was there before ours.
        kind = ev.NoticeKind.ACCEPTED
        table.notice(77, CODE, 10, accepted, kind=kind, order_quantity=10)
    table.lose(by_hand(table, "scalper", 10).intent)
    more = {"original_no": 77, "order_quantity": 10}
    table.notice(78, CODE, 10, 10_200, kind=ev.NoticeKind.AMENDED, **more)
    table.notice(78, CODE, 10, 10_100, **more)
    assert order(table).filled == (10 if ours else 0)


def test_whose_an_order_is_survives_a_restart(table: Table) -> None:
    accepted = {"kind": ev.NoticeKind.ACCEPTED, "order_quantity": 10}
    table.notice(77, CODE, 10, 0, **accepted)
    table.lose(by_hand(table, "scalper", 10).intent)
    again = Table(Desk(rules(), list(table.records)), now=table.later(5))
    again.start()
    again.say(ev.Unavailable(at=again.now, query=ev.Query.EXECUTIONS, permanent=True))
    again.notice(77, CODE, 10, 9_900, order_quantity=10)
    assert (order(again).state, order(again).order_no) == (OrderState.UNKNOWN, None)


def test_a_late_notice_of_what_a_balance_told_is_no_strangers(table: Table) -> None:
    cash = held(table)
    for _ in range(2):
        look(table, cash + 900_000, c005930=(0, 0))
    assert order(table).state is OrderState.FILLED
    table.price(CODE, 10_000)
    again = by_hand(table, "scalper", 100)
    table.accept(again.intent, 9)
    table.notice(4, CODE, 100, 9_000, side=Side.SELL, order_quantity=100)
    cash = table.desk.state.cash
    for _ in range(2):
        look(table, cash - 500_000, c005930=(50, 50))
    assert again.filled == 50


def test_a_cancel_that_was_taken_and_not_told_frees_the_shares_for_the_exit(table: Table) -> None:
    intent, cash = working_sale(table)
    table.price(CODE, 9_000)
    assert table.desk.state.blotter.order(intent).cancelling
    table.say(ev.CancelAnswered(at=table.now, intent=intent))
    for _ in range(2):
        look(table, cash, c005930=(100, 100))
    assert table.desk.state.blotter.order(intent).state is OrderState.CANCELLED
    sale = order(table)
    assert (sale.side, sale.quantity, sale.price) == (Side.SELL, 100, None)


def test_as_many_shares_bought_as_sold_show_in_the_cash(table: Table) -> None:
    send = buy(table)
    table.accept(send.intent, 1)
    table.notice(1, CODE, 60, 10_000)
    table.price(CODE, 9_000)
    table.accept(table.sends()[-1].intent, 2)
    bought, sold = (table.desk.state.blotter.order(s.intent) for s in table.sends())
    table.notice(2, CODE, 20, 9_000, side=Side.SELL)
    cash = table.desk.state.cash
    for _ in range(2):
        look(table, cash, c005930=(40, 0))
    assert (bought.filled, sold.filled) == (60, 20)
    for _ in range(2):
        look(table, cash - 40_720, c005930=(40, 40))
    assert (bought.filled, sold.filled) == (100, 60)


def test_shares_that_move_long_after_an_order_was_lost_are_not_its_own(table: Table) -> None:
    table.lose(buy(table).intent)
    table.later(600)
    for _ in range(3):
        nothing_moved(table, CASH)
    assert order(table).state is OrderState.NEVER_ARRIVED
    for _ in range(3):
        look(table, CASH - 300_000, c005930=(30, 30))
    assert order(table).filled == 0
    assert table.desk.state.portfolio.foreign == {CODE: 30}


def test_an_answer_that_shows_an_order_without_a_number_enters_nothing(table: Table) -> None:
    buy(table)
    table.accept(table.sends()[-1].intent, 1)
    table.notice(1, CODE, 100, 10_000)
    cash = table.desk.state.cash
    table.lose(by_hand(table, rec.OWNER, 10, "035720").intent)
    table.later(2)
    asked = len(table.sends())
    table.offer("000660")
    look(table, cash, c005930=(100, 100))
    table.power("000660", quantity=500, amount=cash - 100_000)
    assert "order_without_number" in table.incidents()
    assert len(table.sends()) == asked


def test_a_fill_told_after_the_books_agreed_without_it_is_held_back(table: Table) -> None:
    send = buy(table)
    table.accept(send.intent, 1)
    executed = table.now
    table.notice(1, CODE, 60, 10_000)
    cash = table.desk.state.cash
    for _ in range(4):
        look(table, cash, c005930=(60, 60))
    table.notice(1, CODE, 40, 10_000, executed=executed)
    assert order(table).filled == 60
    paid = 40 * 10_000
    cash -= costs(Side.BUY, paid, table.desk.state.turnover) + paid
    for _ in range(2):
        look(table, cash, c005930=(100, 100))
    assert (order(table).state, order(table).amount) == (OrderState.FILLED, 1_000_000)


def test_what_strangers_were_told_to_have_bought_twice_is_no_sale_of_ours(table: Table) -> None:
    """The owner buys when a sale of ours is gone, and the notice of it comes twice."""
    buy(table)
    table.accept(order(table).intent, 1)
    table.notice(1, CODE, 100, 10_000)
    table.price(CODE, 9_000)
    table.accept(order(table).intent, 2)
    table.notice(2, CODE, 100, 0, side=Side.SELL, kind=ev.NoticeKind.CANCELLED, original_no=2)
    table.price(CODE, 9_000)
    table.accept(order(table).intent, 3)
    table.notice(3, CODE, 100, 9_000, side=Side.SELL, order_quantity=100)
    cash = table.desk.state.cash
    for _ in range(2):
        table.notice(77, CODE, 6, 9_000, order_quantity=6)
    for _ in range(4):
        look(table, cash - 54_000, c005930=(6, 6))
    assert table.desk.state.portfolio.foreign == {CODE: 6}
    assert [one.filled for one in table.desk.state.blotter.orders.values()] == [100, 0, 100]


@pytest.mark.parametrize(
    ("minutes", "moves", "whose"),
    [(1, False, "scalper"), (30, False, "scalper"), (1, True, "scalper"), (30, True, rec.OWNER)],
)
def test_a_balance_that_stands_still_tells_nothing_of_an_order_that_is_gone(
    table: Table, minutes: int, whose: str, *, moves: bool
) -> None:
    """The notice of its fill is lost, and the broker says that nothing is left to cancel."""
    other, shares = 50_000, 0

    def shown(cash: int) -> None:
        nonlocal other
        other += 50 * moves
        holdings = (
            ev.Holding(code="000660", quantity=10, price=other, sellable=10),
            ev.Holding(code=CODE, quantity=shares, price=10_000, sellable=shares),
        )
        version = table.desk.state.version
        table.say(ev.Balance(at=table.later(2), cash=cash, holdings=holdings, asked=version))

    table.desk.state.portfolio.foreign["000660"] = 10
    shown(CASH)
    intent = by_hand(table, "scalper", 30).intent
    table.say(ev.OrderAccepted(at=table.now, intent=intent, order_no=1, org_no="00950"))
    table.say(ev.CancelOrdered(at=table.now, intent=intent))
    table.say(ev.CancelAnswered(at=table.now, intent=intent, failure="gone", kind=RefusalKind.GONE))
    for _ in range(3):
        shown(CASH)
    assert order(table).state is OrderState.CANCELLED
    table.later(60 * minutes)
    shown(CASH)
    other, shares = 51_000, 30
    for _ in range(6):
        shown(CASH - 300_000 - costs(Side.BUY, 300_000))
    books = dict.fromkeys((book for book, _ in table.desk.state.portfolio.positions), CODE)
    assert books == ({} if whose == rec.OWNER else {whose: CODE})
    assert table.desk.state.portfolio.shares(CODE) == 30


def test_what_moved_beyond_a_working_order_is_others_and_it_was_filled(table: Table) -> None:
    table.accept(buy(table).intent, 1)
    for _ in range(6):
        look(table, CASH - 1_010_140, c005930=(101, 101))
    assert (order(table).state, order(table).filled) == (OrderState.FILLED, 100)
    assert table.desk.state.portfolio.foreign == {CODE: 1}


@pytest.mark.parametrize("filled", [0, 30])
@pytest.mark.parametrize("theirs", [1, 70])
def test_the_close_ends_an_order_whose_shares_the_owners_might_be(
    table: Table, filled: int, theirs: int
) -> None:
    """Its end was not told, and he bought no more of the name, and dearer, than was left of it."""
    rests = by_hand(table, "scalper", 100)
    table.accept(rests.intent, 1)
    if filled:
        table.notice(1, CODE, filled, 10_000, order_quantity=100)
    table.notice(2, CODE, theirs, 10_050, order_quantity=theirs)
    held = filled + theirs
    cash = table.desk.state.cash - theirs * 10_050
    table.later(7 * 3600)
    for _ in range(10):
        table.say(ev.Timer(at=table.later(), name="close"))
        look(table, cash, c005930=(held, held))
    assert table.desk.finished
    assert (rests.state, rests.filled) == (OrderState.EXPIRED, filled)
    assert table.desk.state.portfolio.foreign == {CODE: theirs}


def test_shares_that_the_days_turnover_cannot_have_paid_for_are_not_sold_by_our_order(
    table: Table,
) -> None:
    """They left overnight; a fill was booked for what the owner had sold of another name."""
    intent, cash = working_sale(table)
    for _ in range(6):
        holding = ev.Holding(code=CODE, quantity=60, price=10_000, sellable=20)
        state = table.desk.state
        table.say(
            ev.Balance(
                at=table.later(2), cash=cash + 79_100, holdings=(holding,), asked=state.version,
                bought=state.turnover.buy, sold=79_100,
            )
        )  # fmt: skip
    assert table.desk.state.blotter.order(intent).filled == 0


def test_a_sale_is_booked_although_one_before_was_booked_for_too_much(table: Table) -> None:
    """A likely price was off by more than the next sale came to: it was taken for the owner's."""
    intent, _ = working_sale(table)
    state = table.desk.state
    state.apply(
        rec.Intended(
            at=table.now, intent="20220602-00009", book=rec.OWNER, side=Side.SELL,
            listed=rec.Listed(code="000660"), quantity=100, reason="by_hand",
        )
    )  # fmt: skip
    state.apply(rec.Accepted(at=table.now, intent="20220602-00009", order_no=9))
    state.apply(
        rec.Filled(
            at=table.now, intent="20220602-00009", quantity=100, amount=10_000_000,
            executed=table.now, source=rec.GUESSED,
        )
    )  # fmt: skip
    sold = state.turnover.sell - 900_000 + 400_000
    for _ in range(6):
        holding = ev.Holding(code=CODE, quantity=60, price=10_000, sellable=0)
        table.say(
            ev.Balance(
                at=table.later(2), cash=state.cash - 500_000, holdings=(holding,),
                asked=state.version, bought=state.turnover.buy, sold=sold,
            )
        )  # fmt: skip
    assert state.blotter.order(intent).filled == 40
