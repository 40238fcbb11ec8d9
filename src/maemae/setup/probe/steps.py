"""What the probe does, step by step: given, do, observe, verdict."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from maemae import kis
from maemae.errors import WireError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.profile.facts import Fact
from maemae.profile.profile import SOON
from maemae.setup.probe.hand import Hand, Listed
from maemae.setup.probe.sent import Sent

WATCHED = 20.0
"""Seconds for which a resting order is looked for in lists and figures."""

SETTLES = 12.0
"""Seconds for which a figure or a balance is waited for."""

SLACK = 6.0
"""Seconds by which a time in the list may differ from that at which an order was sent: what the
desk allows for, and a second cut off."""

HASTY = 4
"""Orders in one second that are to make the server refuse some."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict: whether a fact holds, None where it could not be told, and what showed it.

    `evidence` holds no amounts, numbers or names: only what was seen, in shares and seconds.
    """

    fact: Fact
    holds: bool | None
    evidence: str
    seconds: int | None = None


@dataclass(slots=True)
class Findings:
    """What was found so far."""

    all: dict[Fact, Finding] = field(default_factory=dict)

    def say(
        self, fact: Fact, *, holds: bool | None, evidence: str, seconds: float | None = None
    ) -> None:
        """Keep a verdict; a no is not taken back by a later yes."""
        before = self.all.get(fact)
        if before is not None and before.holds is False:
            return
        if before is not None and holds is None:
            return
        rounded = None if seconds is None else max(1, round(seconds))
        self.all[fact] = Finding(fact, holds, evidence, rounded)


def _since(hand: Hand, at: datetime) -> float:
    return (hand.clock.now() - at).total_seconds()


async def resting(hand: Hand, found: Findings) -> None:
    """Let a purchase rest far from the market: power, list, notice, cancel by number alone."""
    before = await hand.power(hand.name.low)
    sent = await hand.order(Side.BUY, hand.name.low)
    if sent is None or sent.number is None:
        return
    began, shrunk, shown = hand.clock.now(), None, None
    rows = blank = False
    while _since(hand, began) < WATCHED and (shrunk is None or shown is None):
        if shrunk is None and before is not None:
            now = await hand.power(hand.name.low)
            if now is not None and before.amount - now.amount >= hand.name.low * 3 // 4:
                shrunk = _since(hand, began)
        if shown is None:
            listed = await hand.listed()
            blank, rows = blank or listed.blank, rows or bool(listed.rows)
            row = next((one for one in listed.rows if one.order_no == sent.number), None)
            if row is not None:
                shown = _since(hand, began)
                _of_row(found, listed.rows, sent)
                found.say(Fact.REMAINING_STATED, holds=True, evidence=_("rmn_qty is stated"))
        await hand.wait()
    _of_list(found, shown, blank=blank, rows=rows)
    evidence = _("the buying power (주문가능금액) lacks the price of the order")
    if shrunk is not None:
        found.say(Fact.POWER_SHRINKS, holds=True, evidence=evidence, seconds=shrunk)
        found.say(Fact.FIGURES_PROMPT, holds=shrunk <= SOON, evidence=evidence, seconds=shrunk)
    elif before is not None:
        said = _("the buying power is unchanged {n} s after the order").format(n=int(WATCHED))
        found.say(Fact.POWER_SHRINKS, holds=False, evidence=said)
    await _by_number(hand, found, sent)


def _of_row(found: Findings, rows: Sequence[kis.OrderRow], sent: Sent) -> None:
    """See whether the list states the time of an order."""
    row = next(one for one in rows if one.order_no == sent.number)
    apart = abs((row.at - sent.at).total_seconds())
    said = _("ord_tmd beside the time at which the order was sent")
    found.say(Fact.TIMES_AGREE, holds=apart <= SLACK, evidence=said)


def _of_rows(found: Findings, rows: Sequence[kis.OrderRow]) -> None:
    numbers = [one.order_no for one in rows]
    if len(set(numbers)) > 1:
        said = _("the numbers of the list's first and last row")
        found.say(Fact.LIST_OLDEST_FIRST, holds=numbers[0] < numbers[-1], evidence=said)


def _of_list(found: Findings, shown: float | None, *, blank: bool, rows: bool) -> None:
    if blank:
        found.say(
            Fact.REMAINING_STATED, holds=False, evidence=_("rmn_qty is blank on a living order")
        )
        return
    if shown is None and not rows:
        said = _("no row {n} s after an order").format(n=int(WATCHED))
        found.say(Fact.LISTS_ORDERS, holds=False, evidence=said)
        return
    found.say(Fact.LISTS_ORDERS, holds=True, evidence=_("the list has rows"))
    late = shown is None or shown > SOON
    seconds = WATCHED if shown is None else shown
    found.say(
        Fact.LIST_PROMPT,
        holds=not late,
        evidence=_("the first list that has the order"),
        seconds=seconds,
    )


async def _by_number(hand: Hand, found: Findings, sent: Sent) -> None:
    taken = await hand.cancel(sent, org="")
    if taken is not None:
        evidence = _("a cancel without KRX_FWDG_ORD_ORGNO")
        found.say(Fact.CANCEL_BY_NUMBER, holds=taken, evidence=evidence)
    if not taken:
        taken = await hand.cancel(sent)
    if taken:
        await hand.wait()
        over = await hand.cancel_again(sent)
        if over is not None:
            evidence = _("a second cancel of the same order")
            found.say(Fact.NOTHING_LEFT_SAID, holds=over, evidence=evidence)


async def amending(hand: Hand, found: Findings) -> None:
    """Amend a resting purchase by a tick, and look at its number."""
    sent = await hand.order(Side.BUY, hand.name.low)
    if sent is None or sent.number is None:
        return
    number = await hand.amend(sent, hand.name.higher)
    if number is not None:
        other = number != sent.number
        another, same = _("the reply gives another number"), _("the reply gives the same number")
        said = another if other else same
        found.say(Fact.AMEND_RENUMBERS, holds=other, evidence=said)
    await hand.cancel(sent)


async def upper(hand: Hand, found: Findings) -> None:
    """Ask by which price the server reckons a purchase at market; no order is needed."""
    power = await hand.power(None)
    if power is None or not power.price:
        found.say(
            Fact.MARKET_TAKES_UPPER, holds=None, evidence=_("psbl_qty_calc_unpr is not stated")
        )
        return
    holds = power.price == hand.name.upper
    high, other = (
        _("psbl_qty_calc_unpr is the upper limit"),
        _("psbl_qty_calc_unpr is another price"),
    )
    said = high if holds else other
    found.say(Fact.MARKET_TAKES_UPPER, holds=holds, evidence=said)


async def trading(hand: Hand, found: Findings) -> None:
    """Buy one share at market, offer it far from the market, sell it at market."""
    before = await _bought_today(hand)
    sent = await hand.order(Side.BUY, None)
    if sent is None or sent.number is None:
        return
    if not await _bought(hand, found, sent, before):
        return
    offered = await hand.order(Side.SELL, hand.name.high)
    if offered is not None:
        await _offered(hand, found)
        await hand.cancel(offered)
    sold = await hand.order(Side.SELL, None)
    if sold is not None:
        await _sold(hand, found)


async def _bought_today(hand: Hand) -> int | None:
    try:
        return (await hand.both())[1]
    except WireError:
        return None


async def _bought(hand: Hand, found: Findings, sent: Sent, before: int | None) -> bool:
    """Wait until the share is in the balance; see how late that, its amount and its cash are.

    `before`: won that were bought before it on that day, as the balance had it.
    """
    began = hand.clock.now()
    number, filled, listed = sent.number or 0, None, Listed()
    while _since(hand, began) < WATCHED + SETTLES:
        filled = filled or hand.noticed(number, kis.NoticeEvent.FILLED)
        listed = await hand.listed()
        _of_rows(found, listed.rows)
        row = next((one for one in listed.rows if one.order_no == number and one.filled), None)
        if row is not None:
            filled = filled or hand.clock.now()
            whole = row.amount > 0
            whole_said, part_said = (
                _("amount and shares together"),
                _("shares without their amount"),
            )
            said = whole_said if whole else part_said
            if whole or _since(hand, filled) < SETTLES:
                found.say(Fact.AMOUNT_PROMPT, holds=whole, evidence=said)
        holding, bought = await _both(hand)
        if holding is not None and holding.quantity:
            if before is not None:
                said = _("thdt_buy_amt in the first balance that has the share")
                found.say(Fact.BALANCE_WHOLE, holds=bought > before, evidence=said)
            waited = _since(hand, filled or began)
            prompt = waited <= SOON
            holds = prompt if filled is not None or prompt else None
            said = _("the first balance that has the share after its execution")
            found.say(Fact.BALANCE_PROMPT, holds=holds, evidence=said, seconds=waited)
            return True
        await hand.wait(0.5)
    found.say(Fact.BALANCE_PROMPT, holds=None, evidence=_("the purchase was not filled in time"))
    return False


async def _both(hand: Hand) -> tuple[kis.Holding | None, int]:
    try:
        return await hand.both()
    except WireError:
        return None, 0


async def _holding(hand: Hand) -> kis.Holding | None:
    return (await _both(hand))[0]


async def _offered(hand: Hand, found: Findings) -> None:
    """See whether, and how soon, what can be sold lacks the share on offer."""
    began = hand.clock.now()
    while _since(hand, began) < SETTLES:
        holding = await _holding(hand)
        if holding is not None and holding.quantity and holding.sellable < holding.quantity:
            waited, said = _since(hand, began), _("ord_psbl_qty lacks the share on offer")
            found.say(Fact.SELLABLE_SHRINKS, holds=True, evidence=said, seconds=waited)
            found.say(Fact.FIGURES_PROMPT, holds=waited <= SOON, evidence=said, seconds=waited)
            return
        await hand.wait()
    said = _("ord_psbl_qty is unchanged {n} s after a sale").format(n=int(SETTLES))
    found.say(Fact.SELLABLE_SHRINKS, holds=False, evidence=said)


async def _sold(hand: Hand, found: Findings) -> None:
    """See whether a name that is sold out keeps its line in the balance."""
    began = hand.clock.now()
    while _since(hand, began) < WATCHED + SETTLES:
        try:
            holding = await hand.holding()
        except WireError:
            await hand.wait()
            continue
        if holding is None or not holding.quantity:
            line, none = _("a line with hldg_qty 0"), _("no line of the name")
            said = line if holding is not None else none
            found.say(Fact.SOLD_OUT_SHOWN, holds=holding is not None, evidence=said)
            return
        await hand.wait()


async def noticing(hand: Hand, found: Findings) -> None:
    """See whether notices came of the orders so far."""
    ours = hand.numbers
    if not ours:
        return
    told = [hand.fills(number) for number in ours]
    if any(told):
        twice = _("notices of an execution of one share")
        found.say(Fact.NOTICES_ONCE, holds=max(told) == 1, evidence=twice)
    seen = sum(hand.noticed(number) is not None for number in ours)
    said = _("notices of {n} of {all} orders").format(n=seen, all=len(ours))
    found.say(Fact.NOTICES_COME, holds=True if seen == len(ours) else None if seen else False,
              evidence=said)  # fmt: skip


async def haste(hand: Hand, found: Findings) -> None:
    """Order faster than the server takes it; see whether what it refuses is there all the same."""
    before, known = await hand.power(hand.name.low), hand.numbers
    refusals, began = len(hand.codes), hand.clock.now()
    answers = await hand.hasty(HASTY)
    taken = [one for one in answers if isinstance(one, Sent) and one.number is not None]
    refused = len(hand.codes) - refusals
    if not refused:
        found.say(
            Fact.REFUSAL_FINAL,
            holds=None,
            evidence=_("the server refused none of {n} orders in a second").format(n=HASTY),
        )
    else:
        await _turned_up(hand, found, before, known=known, taken=len(taken), began=began)
    for one in taken:
        await hand.cancel(one)


async def _turned_up(
    hand: Hand,
    found: Findings,
    before: kis.BuyingPower | None,
    *,
    known: set[int],
    taken: int,
    began: datetime,
) -> None:
    """Look for refused orders in notices, list and power."""
    strangers: dict[int, str] = {}
    looked = False
    while _since(hand, began) < WATCHED and not strangers:
        listed = await hand.listed()
        ours = hand.numbers
        strangers |= {
            row.order_no: row.org_no
            for row in listed.rows
            if row.order_no not in ours and row.side is Side.BUY and row.price == hand.name.low
            and row.remaining
        }  # fmt: skip
        strangers |= {
            one.order_no: one.org_no
            for at, one in hand.notices
            if at >= began and one.order_no not in ours | known and one.original_no is None
        }
        shown = ours - known <= {row.order_no for row in listed.rows}
        looked = looked or (bool(listed.rows) and shown)
        await hand.wait()
    after = await hand.power(hand.name.low)
    missing = 0
    if before is not None and after is not None:
        missing = (before.amount - after.amount + hand.name.low // 4) // hand.name.low - taken
    if strangers or missing > 0:
        turned_up = max(len(strangers), missing)
        said = _("{n} refused orders turned up").format(n=turned_up)
        found.say(Fact.REFUSAL_FINAL, holds=False, evidence=said)
    else:
        can_tell = looked or _shrinks(found)
        none = _("no refused order turned up")
        said = none if can_tell else _("nothing could show a refused order")
        found.say(Fact.REFUSAL_FINAL, holds=True if can_tell else None, evidence=said)
    for number, org in strangers.items():
        await hand.cancel(hand.found(number, org, hand.name.low))


def _shrinks(found: Findings) -> bool:
    power = found.all.get(Fact.POWER_SHRINKS)
    return power is not None and power.holds is True


STEPS: tuple[Callable[[Hand, Findings], Awaitable[None]], ...] = (
    resting, amending, upper, trading, noticing, haste,
)  # fmt: skip
"""In this order; each is left out where time or orders have run out."""
