"""What came of `maemae prove ways`: a diary of each case, and a table of all."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.table import Table

from maemae.cli import words
from maemae.cli.tables import Whole
from maemae.cli.tables import table_of as whole_table
from maemae.desk.records import PlanEnded, PlanSkipped
from maemae.i18n import _
from maemae.ledger.ledger import OrderLine
from maemae.market.kinds import Side
from maemae.proof.pages import How, Page
from maemae.proof.ways import Shown
from maemae.service import incidents
from maemae.service.words import marked_won, plan_state

NAMED = 5
"""Names that a line names; the rest are counted."""

TOLD = 3
"""Incidents that a page tells."""

EXPECTED = "restarted"
"""The incident by which a trader tells that the one before it was killed: the page says that."""


def diary_of(shown: Shown) -> Table:
    """Return a case as a diary: what was done on each day, and what happened to the trader."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    wrong = {text.partition(":")[0] for text in shown.wrong}
    books = {order.book for page in shown.diary for order in page.filled}
    for page in shown.diary:
        equal = page.day in shown.closed and str(page.day) not in wrong
        lines = [*_lines(page, several=len(books) > 1), _evening(page, equal=equal)]
        for number, line in enumerate(lines):
            table.add_row("" if number else f"{page.day}", line)
    return table


def table_of(shown: Iterable[Shown]) -> Whole:
    """Return the cases as a table, narrow enough for 80 columns."""
    heads = [
        _("way"), "#" + _("days equal"), "#" + _("orders"), "#" + _("fills"),
        "#" + _("plans"), "#" + _("kill -9 SIGTERM"), "#" + _("total assets"),
        "#" + _("wrong"), "#" + _("seconds"),
    ]  # fmt: skip
    rows = [
        (
            one.name, f"{len(one.closed)}", f"{one.orders:,}", f"{one.fills:,}",
            f"{one.plans['carried out']}/{one.plans['prepared']}",
            f"{one.times(How.KILL)} / {one.times(How.TERM)}",
            words.won(one.worth), f"{len(one.wrong)}", f"{one.seconds:,.0f}",
        )
        for one in shown
    ]  # fmt: skip
    return whole_table(_("Ways of trading"), heads, rows)


def _lines(page: Page, *, several: bool) -> Iterator[str]:
    """Say what was done on a day, one line for each thing."""
    for plan in page.plans:
        yield _plan(plan)
    for book, orders in groupby(sorted(page.filled, key=_book), key=_book):
        for said in _dealt(page, book, list(orders)):
            yield f"{book}: {said}" if several else said
    if not page.filled:
        yield _("nothing was traded")
    if page.ended:
        moments = ", ".join(f"{stop.at:%H:%M} {stop.how}" for stop in page.ended)
        yield _("ended and started again: {moments}").format(moments=moments)
    told = [one for one in page.incidents if one.kind != EXPECTED]
    for one in told[:TOLD]:
        said = ", ".join(
            part for part in (incidents.title(one.kind), incidents.detail(one.kind, one.detail))
            if part
        )  # fmt: skip
        yield _("incident at {time}: {said}").format(time=f"{one.at:%H:%M}", said=said)
    if len(told) > TOLD:
        yield _("and {n} more incidents").format(n=len(told) - TOLD)


def _plan(plan: PlanEnded | PlanSkipped) -> str:
    if isinstance(plan, PlanSkipped):
        return _("plan skipped: {why}").format(why=plan_state(plan.reason))
    said = _("plan carried out, {sent} orders sent").format(sent=plan.sent)
    left_out = Counter(plan_state(why) for why in plan.skipped.values())
    return "; ".join([said, *(f"{why} {count}" for why, count in left_out.items())])


def _dealt(page: Page, book: str, orders: Sequence[OrderLine]) -> Iterator[str]:
    """Say what a book bought and sold, and what the sales earned."""
    bought = [order for order in orders if order.side == Side.BUY]
    sold = [order for order in orders if order.side == Side.SELL]
    if bought:
        spent = words.won(sum(order.amount for order in bought))
        yield _("bought {names} for {won}").format(names=_names(bought), won=spent)
    if sold:
        earned = sum(share.realised for share in page.profits if share.key == book)
        reasons = Counter(words.reason(order.reason) for order in sold)
        why = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        said = _("sold {names}, {profit} ({why})")
        yield said.format(names=_names(sold), profit=marked_won(earned), why=why)


def _names(orders: Iterable[OrderLine]) -> str:
    """Return names with their shares, the first few of them."""
    shares: Counter[str] = Counter()
    for order in orders:
        shares[order.name] += order.filled
    named = ", ".join(f"{name} {count:,}" for name, count in list(shares.items())[:NAMED])
    more = len(shares) - NAMED
    return _("{names} and {n} more").format(names=named, n=more) if more > 0 else named


def _evening(page: Page, *, equal: bool) -> str:
    books = _("books equal") if equal else _("books NOT equal")
    said = _("{books}, {held} names held, total assets {won}")
    return said.format(books=books, held=page.held, won=words.won(page.worth))


def _book(order: OrderLine) -> str:
    return order.book
