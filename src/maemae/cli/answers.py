"""Answers of the service as tables for people."""

from collections.abc import Sequence
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maemae.cli import words
from maemae.cli.tables import Cell, table_of
from maemae.desk.orders import OrderState
from maemae.i18n import _
from maemae.ledger.ledger import FillLine, OrderLine
from maemae.service import glance
from maemae.service.answers import Health, Pnl, Share
from maemae.service.market_view import Scan
from maemae.service.status import Status
from maemae.service.venue_words import venue_word


def say_nobody_trades() -> None:
    """Say that what follows is the ledger's, and that nobody watches it."""
    said = _(
        "No trader runs now: this is what the ledger holds, without prices of the moment, and no "
        "exit is watched. Start one with `maemae run`."
    )
    Console().print(Text(f"■ {said}", "bold red"))


def show_status(now: Status, health: Health) -> None:
    """Print the state at a glance."""
    stream = _("up") if health.wire.stream_up else _("DOWN")
    show_money(now, f"{venue_word(health.venue)} {health.account}", (_("stream"), stream))


def show_money(now: Status, whose: str, *more: tuple[str, str], runs: bool = True) -> None:
    """Print halts, money and positions, and more rows of a label and a value.

    Args:
        now: the state.
        whose: venue and account.
        more: further rows.
        runs: whether a trader runs; without one a halt is what the next one begins with.
    """
    title = f"{whose}  {now.at:%Y-%m-%d %H:%M:%S}"
    table = Table(title=title, title_justify="left", show_header=False, min_width=cell_len(title))
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row(_("level") if runs else _("level when one runs"), words.halt(now.halt))
    if now.halt_reason:
        table.add_row(_("why"), words.because(now.halt_reason))
    if now.paused:
        table.add_row(_("paused books"), ", ".join(now.paused))
    for line in now.unseen:
        table.add_row(_("not seen"), Text(line.words, "bold yellow"))
    for label, said in (
        (_("last decision"), glance.decisions(now)),
        (_("prices of what is held"), glance.beyond(now)),
    ):
        if said:
            table.add_row(label, said)
    table.add_row(_("result of the day"), words.coloured(glance.result(now), now.day_result))
    for name, won in zip(glance.part_names(), glance.parts(now), strict=True):
        table.add_row(f"  {name}", words.signed_won(won))
    table.add_row(_("if every stop fires"), glance.at_stake(now))
    table.add_row(_("day's loss limit"), glance.limit_used(now))
    table.add_row(_("total assets"), words.won(now.assets))
    table.add_row(_("cash (D+2)"), words.won(now.cash))
    table.add_row(_("free to spend"), words.won(now.free_cash))
    table.add_row(_("fees and taxes"), words.won(now.fees + now.taxes))
    table.add_row(_("won/lost"), f"{now.wins} / {now.losses}")
    for label, value in more:
        table.add_row(label, value)
    table.caption = _("To stop: maemae pause (entries), maemae halt (everything)")
    table.caption_justify = "left"
    Console().print(table)
    show_positions(now)


def show_positions(now: Status) -> None:
    """Print the positions, and the owner's holdings apart."""
    heads = [_("book"), "=" + _("code"), _("name"), "#" + _("shares"), "#" + _("average"),
             "#" + _("last price"), "#" + _("profit"), "#" + _("rate"), "#" + _("take profit"),
             "#" + _("stop")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            line.book,
            line.code,
            line.name,
            f"{line.quantity:,}",
            f"{line.average:,}",
            _number(line.price),
            words.signed_won(line.profit) if line.profit is not None else "-",
            words.percent(line.rate) if line.rate is not None else "-",
            _number(line.take_profit),
            _number(line.stop),
        )
        for line in now.positions
    ]
    if len(rows) > 1:
        priced = any(line.profit is not None for line in now.positions)
        total: Cell = words.signed_won(now.unrealised) if priced else "-"
        rows.append(("", _("together"), *[""] * 4, total, *[""] * 3))
    _print(_("Positions"), heads, rows)
    if now.owner:
        own = [(line.code, f"{line.quantity:,}", _number(line.price)) for line in now.owner]
        _print(
            _("Your own holdings"), ["=" + _("code"), "#" + _("shares"), "#" + _("last price")], own
        )


def show_orders(lines: list[OrderLine]) -> None:
    """Print orders."""
    heads = ["=" + _("order no."), "=" + _("time"), "=" + _("side"), "=" + _("code"), _("name"),
             "#" + _("filled"), "#" + _("limit"), "=" + _("state"), _("reason"),
             _("book")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            line.intent,
            f"{line.intended:%H:%M:%S}",
            words.side(line.side),
            line.code,
            line.name,
            f"{line.filled:,}/{line.quantity:,}",
            _number(line.price),
            words.order_state(OrderState(line.state)),
            words.with_way(words.reason(line.reason), line.kind, line.exchange),
            words.book(line.book),
        )
        for line in lines
    ]
    _print(_("Orders"), heads, rows)


def show_fills(lines: list[FillLine]) -> None:
    """Print executions."""
    heads = ["=" + _("time"), "=" + _("side"), "=" + _("code"), "#" + _("shares"),
             "#" + _("price"), "#" + _("amount"), _("book"), "=" + _("order no.")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            f"{line.executed:%H:%M:%S}",
            words.side(line.side),
            line.code,
            f"{line.quantity:,}",
            f"{line.amount // line.quantity:,}",
            f"{line.amount:,}",
            words.book(line.book),
            line.intent,
        )
        for line in lines
    ]
    _print(_("Executions"), heads, rows)


def show_scan(scan: Scan) -> None:
    """Print what a condition search finds."""
    heads = ["=" + _("code"), _("name"), "#" + _("last price"), "#" + _("change"),
             "#" + _("volume")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            hit.code,
            hit.name,
            _number(hit.price),
            "-" if hit.rate is None else words.percent(Decimal(str(hit.rate)) / 100),
            _number(hit.volume),
        )
        for hit in scan.hits
    ]
    _print(f"{scan.number} {scan.name}  {scan.at:%Y-%m-%d %H:%M:%S}", heads, rows)
    if scan.cut:
        Console(highlight=False).print(
            _("The broker shows the first {n} alone: there may be more.").format(n=len(rows))
        )


def show_pnl(pnl: Pnl) -> None:
    """Print realised profit by day and by what it came from."""
    heads = ["=" + _("day"), "#" + _("realised"), "#" + _("fees"), "#" + _("taxes"),
             "#" + _("won/lost"), "#" + _("cash (D+2)")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            f"{day.day}",
            words.signed_won(day.realised),
            f"{day.fees:,}",
            f"{day.taxes:,}",
            f"{day.wins}/{day.losses}",
            f"{day.cash:,}",
        )
        for day in pnl.days
    ]
    total = (_("together"), words.signed_won(pnl.realised), f"{pnl.fees:,}", f"{pnl.taxes:,}",
             f"{pnl.wins}/{pnl.losses}", "")  # fmt: skip
    _print(_("Profit"), heads, [*rows, total])
    for title, shares in (
        (_("By book"), pnl.by_book),
        (_("By instrument"), pnl.by_code),
        (_("By exit reason"), pnl.by_reason),
    ):
        if shares:
            _show_shares(title, shares)


def _show_shares(title: str, shares: list[Share]) -> None:
    heads = ["", _("name"), "#" + _("realised"), "#" + _("sales"), "#" + _("wins")]
    rows: list[Sequence[Cell]] = [
        (
            words.reason(share.key),
            share.name,
            words.signed_won(share.realised),
            str(share.sales),
            str(share.wins),
        )
        for share in shares
    ]
    _print(title, heads, rows)


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else "-"


def _print(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    Console().print(table_of(title, heads, rows))
