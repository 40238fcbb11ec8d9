"""Cleaning up after the probe, also after one that was killed: cancel, sell, compare, say."""

from collections.abc import Mapping

from maemae import kis
from maemae.clock import Clock
from maemae.errors import WireError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.setup.probe.sent import Begun, Sent, SentFile

TRIES = 15
"""Looks, two seconds apart, until a cancel or a sale has come through."""

_PAUSE = 2.0

MOST_SHARES = 2
"""The probe never holds more; what is beyond that is not its own."""


async def clean(
    client: kis.KisClient, clock: Clock, sent: SentFile, strangers: Mapping[int, str]
) -> list[str]:
    """Cancel what lives, sell what was bought, and compare with the beginning.

    Args:
        client: of the account.
        clock: of the venue.
        sent: what the probe has sent.
        strangers: numbers that notices told and no reply did, with their organisation numbers.

    Returns:
        What is not as it was, in words; nothing where all is, and the file is gone then.
    """
    begun = sent.begun
    if begun is None:
        sent.done()
        return []
    problems = ["?"]
    for _try in range(TRIES):
        problems = await _once(client, clock, sent, begun, strangers)
        if not problems:
            sent.done()
            return []
        await clock.sleep(_PAUSE)
    return problems


async def _once(
    client: kis.KisClient,
    clock: Clock,
    sent: SentFile,
    begun: Begun,
    strangers: Mapping[int, str],
) -> list[str]:
    try:
        rows = await client.daily_executions(clock.now().date())
    except WireError:
        rows = []
    rows = [row for row in rows if row.code == begun.code]
    _adopt(clock, sent, rows, strangers)
    for one in sent.open():
        if one.number is not None:
            await _cancel(client, sent, one)
    living = [row for row in rows if row.remaining and row.order_no in _numbers(sent)]
    for row in living:
        await client.cancel(row.order_no, row.org_no)
    try:
        balance = await client.balance()
    except WireError as error:
        return [_("the balance could not be read: {why}").format(why=error)]
    held = {one.code: one for one in balance.holdings}.get(begun.code)
    more = (held.quantity if held else 0) - begun.held
    if 0 < more <= MOST_SHARES and held is not None and held.sellable >= 1:
        await _sell(client, clock, sent, begun.code)
    return _differences(sent, living, more)


def _differences(sent: SentFile, living: list[kis.OrderRow], more: int) -> list[str]:
    problems = []
    if more:
        said = _("{n:+} shares differ from the beginning")
        problems.append(said.format(n=more))
    if living:
        problems.append(_("{n} orders are still open").format(n=len(living)))
    waiting = sum(one.number is not None for one in sent.open())
    if waiting and not living:
        problems.append(_("{n} cancels are not answered").format(n=waiting))
    return problems


async def _cancel(client: kis.KisClient, sent: SentFile, one: Sent) -> None:
    """Cancel an order; a clear answer, yes or no, ends it: the balance tells of what it bought."""
    answer = await client.cancel(one.number or 0, one.org)
    if not isinstance(answer, kis.Unknown):
        sent.over(one)


async def _sell(client: kis.KisClient, clock: Clock, sent: SentFile, code: str) -> None:
    one = sent.going(Side.SELL, None, clock.now())
    request = kis.OrderRequest(side=Side.SELL, code=code, quantity=1, price=None, kind="01")
    answer = await client.order(request)
    if isinstance(answer, kis.Accepted):
        sent.numbered(one, answer.order_no, answer.org_no)
    sent.over(one)  # It is sold at market; where it is not, the balance says so and it is told.


def _adopt(
    clock: Clock,
    sent: SentFile,
    rows: list[kis.OrderRow],
    strangers: Mapping[int, str],
) -> None:
    """Find the orders whose number nobody told: in the list, or in notices."""
    for one in [order for order in sent.open() if order.number is None]:
        ours = _numbers(sent)
        listed = next(
            (
                row
                for row in rows
                if row.order_no not in ours
                and row.side is one.side
                and row.quantity == 1
                and row.price == (one.price or 0)
                and row.original_no is None
                and not row.is_cancel
                and row.at >= one.at.replace(microsecond=0)
            ),
            None,
        )
        told = next(
            ((number, org) for number, org in strangers.items() if number not in ours), None
        )
        if listed is not None:
            sent.numbered(one, listed.order_no, listed.org_no)
        elif told is not None:
            sent.numbered(one, *told)
        elif (clock.now() - one.at).total_seconds() > TRIES * _PAUSE / 2:
            sent.over(one)  # Nobody knows of it for long: it was refused, or never left.


def _numbers(sent: SentFile) -> set[int]:
    return {one.number for one in sent.orders.values() if one.number is not None}
