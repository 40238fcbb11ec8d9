"""The live terminal view: one screen of what the trader sees and does."""

from collections import deque

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from maemae.cli import words
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.i18n import _
from maemae.market.refusals import PASSING
from maemae.service import glance, incidents
from maemae.service.denial_words import denial
from maemae.service.status import Status, status

ROWS = 8
EVENTS = 10


class View:
    """Collects what happens and draws it when asked."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._desk: Desk | None = None
        self._events: deque[Text] = deque(maxlen=EVENTS)
        self._turn: Turn | None = None

    def attach(self, desk: Desk) -> None:
        """Show this desk."""
        self._desk = desk

    def observe(self, turn: Turn) -> None:
        """Take note of a step."""
        self._turn = turn
        for record in turn.records:
            told = tell(record, turn.state)
            if told is not None:
                self._events.append(Text(f"{record.at:%H:%M:%S} ", "dim").append_text(told))

    def __rich__(self) -> RenderableType:
        """Draw."""
        if self._desk is None or self._turn is None:
            return Panel(_("starting ..."), title=self._title)
        now = status(self._desk, self._turn.at)
        return Group(
            Panel(_summary(now), title=f"{self._title}  {now.at:%Y-%m-%d %H:%M:%S}"),
            _positions(now),
            _side_by_side(_candidates(now), _orders(now)),
            Panel(Group(*self._events), title=_("Last events"), height=EVENTS + 2),
        )


def tell(record: rec.Record, state: State) -> Text | None:
    """Put a fact into words for a person, or None for what nobody wants to read."""
    told: Text | None = None
    match record:
        case rec.Filled():
            order = state.blotter.order(record.intent)
            name = order.listed.name or order.code
            told = Text(_("fill") + " ").append_text(words.side(order.side.value))
            told.append(f" {name} {record.quantity:,} × {words.won(record.price)}")
            told.append(f" ({words.reason(order.reason)})")
        case rec.Refused() if record.kind not in PASSING:
            why = words.refused(record.message, record.kind)
            told = Text(f"{_('refused')}: {record.code} {why}", "yellow")
        case rec.Lost():
            told = Text(f"{_('the outcome of an order is unknown')}: {record.reason}", "yellow")
        case rec.CancelFailed():
            told = Text(f"{incidents.title('cancel_failed')}: {record.reason}", "yellow")
        case rec.AmendFailed():
            told = Text(f"{incidents.title('amend_failed')}: {record.reason}", "yellow")
        case rec.Declined():
            why = denial(record)
            told = Text(f"{_('the guard declined')}: {record.code} ({why})", "yellow")
        case rec.Incident():
            told = Text(
                f"{incidents.title(record.kind)}: {incidents.detail(record.kind, record.detail)}",
                "bold yellow",
            )
        case rec.Blinded() | rec.SeenAgain():
            kind = str(record.__struct_config__.tag)
            style = "bold yellow" if isinstance(record, rec.Blinded) else "green"
            told = Text(f"{incidents.title(kind)}: {words.unseen(record)}", style)
        case rec.Halted():
            whose = f"{record.book}: " if record.book else ""
            why = words.because(record.reason)
            told = Text(f"{whose}{words.halt(record.level)} ({why})", "bold yellow")
        case rec.DayOpened():
            told = Text(f"{_('the day opens with')} {words.won(record.cash)}")
        case rec.DayClosed():
            told = Text(_("the day is closed"))
        case _:
            pass
    return told


def _summary(now: Status) -> Table:
    grid = Table.grid(padding=(0, 3))
    grid.add_row(
        Text.assemble(
            (_("result of the day") + " ", "dim"),
            words.coloured(glance.result(now), now.day_result),
        ),
        Text.assemble((_("total assets") + " ", "dim"), words.won(now.assets)),
        Text.assemble((_("cash (D+2)") + " ", "dim"), words.won(now.cash)),
        Text.assemble((_("realised") + " ", "dim"), words.signed_won(now.realised)),
        Text.assemble((_("unrealised") + " ", "dim"), words.signed_won(now.unrealised)),
        Text.assemble((_("fees and taxes") + " ", "dim"), words.won(now.fees + now.taxes)),
        Text.assemble((_("won/lost") + " ", "dim"), f"{now.wins}/{now.losses}"),
        Text(words.halt(now.halt), "green" if now.halt is rec.Halt.NONE else "bold yellow"),
    )
    return grid


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", expand=True, title_style="bold")
    for column in columns:
        numeric = column.startswith("#")
        table.add_column(
            column.removeprefix("#"), justify="right" if numeric else "left", no_wrap=True
        )
    return table


def _positions(now: Status) -> Table:
    table = _table(
        _("Positions"),
        _("code"),
        _("name"),
        "#" + _("shares"),
        "#" + _("average"),
        "#" + _("price"),
        "#" + _("profit"),
        "#" + _("rate"),
    )
    for line in now.positions[:ROWS]:
        table.add_row(
            line.code,
            line.name,
            f"{line.quantity:,}",
            words.won(line.average),
            words.won(line.price) if line.price is not None else "-",
            words.signed_won(line.profit) if line.profit is not None else "-",
            words.percent(line.rate) if line.rate is not None else "-",
        )
    for _blank in range(max(0, 5 - len(now.positions))):
        table.add_row(*[""] * 7)
    return table


def _candidates(now: Status) -> Table:
    table = _table(_("Candidates"), _("code"), _("name"), "#" + _("price"), "")
    for line in now.candidates[:ROWS]:
        table.add_row(line.code, line.name, words.won(line.price), "●" if line.held else "")
    for _blank in range(max(0, ROWS - len(now.candidates))):
        table.add_row(*[""] * 4)
    return table


def _orders(now: Status) -> Table:
    table = _table(
        _("Orders"), _("time"), "", _("name"), "#" + _("filled"), "#" + _("price"), _("state"), ""
    )
    for line in now.orders[-ROWS:][::-1]:
        table.add_row(
            f"{line.at:%H:%M:%S}",
            words.side(line.side),
            line.name or line.code,
            f"{line.filled:,}/{line.quantity:,}",
            words.won(line.average) if line.average is not None else "-",
            words.order_state(line.state),
            words.reason(line.reason),
        )
    for _blank in range(max(0, ROWS - len(now.orders))):
        table.add_row(*[""] * 7)
    return table


def _side_by_side(left: Table, right: Table) -> Table:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=2)
    grid.add_column(ratio=3)
    grid.add_row(left, right)
    return grid
