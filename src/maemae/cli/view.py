"""The live terminal view: one screen of what the trader sees and does."""

from collections import deque

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from maemae.cli import words
from maemae.cli.screen import screen
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.i18n import _
from maemae.market.refusals import PASSING
from maemae.service import incidents
from maemae.service.denial_words import denial
from maemae.service.status import status

EVENTS = 60
"""What is kept; a terminal shows as many of the newest as it has rows for."""


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

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as much as the terminal has room for."""
        if self._desk is None or self._turn is None:
            yield Text(f"{self._title}  {_('starting ...')}")
            return
        now = status(self._desk, self._turn.at)
        height = options.height or console.size.height
        yield screen(now, self._events, self._title, options.max_width, height)


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
            why = words.undone(record.reason)
            told = Text(f"{_('the outcome of an order is unknown')}: {why}", "yellow")
        case rec.CancelFailed():
            why = words.undone(record.reason)
            told = Text(f"{incidents.title('cancel_failed')}: {why}", "yellow")
        case rec.AmendFailed():
            why = words.undone(record.reason)
            told = Text(f"{incidents.title('amend_failed')}: {why}", "yellow")
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
            said = words.with_reason(words.halt(record.level), words.because(record.reason))
            told = Text(whose + said, "bold yellow")
        case rec.DayOpened():
            told = Text(f"{_('the day opens with')} {words.won(record.cash)}")
        case rec.DayClosed():
            told = Text(_("the day is closed"))
        case _:
            pass
    return told
