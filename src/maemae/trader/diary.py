"""The log of what the trader did: one line a person can read and grep, on disk and rotated.

Lines carry venue time. `grep 체결` finds the executions, `grep ERROR` what went wrong.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, cast

import structlog

from maemae import private
from maemae.clock import Clock
from maemae.desk import records as rec
from maemae.desk.incidents import severity
from maemae.desk.state import State
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.market.refusals import PASSING, RefusalKind

_MEGABYTE = 1 << 20
_AT, _LEVEL = " at", " level"
"""Keys that no field of a fact can have."""

Line = tuple[str, str, dict[str, Any]]
"""Level, message, fields."""


class _Handler(RotatingFileHandler):
    """Says once, on the terminal, that the log cannot be written or turned over.

    The log is for people: trading goes on without it, and stops only when the ledger fails.
    """

    _told = False

    def _open(self) -> TextIOWrapper:
        """Open the file, which is its owner's alone: it tells of accounts and trades."""
        file = open(  # noqa: SIM115 - the opener; the handler closes it
            self.baseFilename, self.mode, encoding=self.encoding, opener=private.opener
        )
        return cast("TextIOWrapper", file)

    def doRollover(self) -> None:  # noqa: N802 - the standard library's name
        """Begin a new file; where that fails, go on with the old one."""
        try:
            super().doRollover()
        except OSError as error:
            self._complain(error)
            if self.stream is None:
                self.stream = self._open()

    def close(self) -> None:
        """Let go of the file; what it could not take must not hide why the day ended."""
        try:
            super().close()
        except OSError as error:
            self._complain(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Complain about a line that could not be written, if the disk is why."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._complain(error)
        else:
            super().handleError(record)

    def _complain(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            said = _("the log {file} cannot be written: {why}; make room or give the right to it")
            why = error.strerror or str(error)
            print(f"maemae: {said.format(file=self.baseFilename, why=why)}", file=sys.stderr)


@contextmanager
def open_diary(folder: Path, clock: Clock) -> Iterator[structlog.stdlib.BoundLogger]:
    """Let every logger of the process write to `maemae.log` in a folder, in venue time."""
    private.make_folder(folder)
    widened = private.tighten_all(folder, "maemae.log*", "stacks*.txt")
    handler = _Handler(
        folder / "maemae.log", maxBytes=20 * _MEGABYTE, backupCount=10, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    base = logging.Logger("maemae", logging.INFO)
    base.addHandler(handler)

    def stamp(_logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        event[_AT] = clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        event[_LEVEL] = method.upper()
        return event

    def render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
        head = f"{event.pop(_AT)} {event.pop(_LEVEL):<7} {event.pop('event')}"
        return " ".join([head, *(f"{key}={_plain(value)}" for key, value in event.items())])

    structlog.configure(
        processors=[stamp, structlog.processors.format_exc_info, render],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=lambda *_: base,
    )
    try:
        log = structlog.get_logger(__name__)
        for path in widened:
            log.warning("others could read it; now its owner alone can", path=str(path))
        yield log
    except MaemaeError as error:
        log.critical("stopped", reason=str(error))
        raise
    finally:
        structlog.reset_defaults()
        base.removeHandler(handler)
        handler.close()


def _plain(value: Any) -> str:
    """Put a value as one word, or in quotes; several are parted by commas."""
    if isinstance(value, Mapping):
        return _plain(",".join(f"{name}:{one}" for name, one in value.items()))
    if isinstance(value, tuple):
        return _plain(",".join(map(str, value)))
    text = str(value)
    return f'"{text}"' if " " in text or not text else text


def line(record: rec.Record, state: State) -> Line | None:
    """Put a fact into words, or None for facts that nobody wants to read."""
    say = _LINES.get(type(record))
    return say(record, state) if say is not None else None


def _intended(record: rec.Intended, _state: State) -> Line:
    fields = {
        "side": record.side.value,
        "code": record.listed.code,
        "quantity": record.quantity,
        "reason": record.reason,
        "book": record.book,
        "intent": record.intent,
    }
    if record.route is not None:
        fields |= {"kind": record.route.kind, "exchange": record.route.exchange.value}
    return "info", "order(주문)", fields


def _filled(record: rec.Filled, state: State) -> Line:
    order = state.blotter.order(record.intent)
    fields = {
        "side": order.side.value,
        "code": order.code,
        "name": order.listed.name,
        "quantity": record.quantity,
        "price": record.price,
        "filled": f"{order.filled}/{order.quantity}",
        "intent": record.intent,
        "source": record.source,
    }
    return "info", "fill(체결)", fields


def _ended(record: rec.Ended, _state: State) -> Line:
    message = "cancelled(취소)" if record.cancelled else "expired"
    return "info", message, {"intent": record.intent}


def _refused(record: rec.Refused, _state: State) -> Line:
    fields = {"intent": record.intent, "code": record.code, "message": record.message}
    if record.kind is not RefusalKind.OTHER:
        fields["kind"] = record.kind
    return "info" if record.kind in PASSING else "error", "refused(거부)", fields


def _halted(record: rec.Halted, _state: State) -> Line:
    fields = {"level": record.level, "reason": record.reason}
    return "warning", "halt", fields | ({"book": record.book} if record.book else {})


def _incident(record: rec.Incident, _state: State) -> Line:
    fields = {"kind": record.kind, "detail": record.detail}
    return severity(record.kind).value, "incident", fields


def _plainly(level: str, message: str, *fields: str) -> Callable[[Any, State], Line]:
    """Say a fact by naming some of its fields."""

    def say(record: Any, _state: State) -> Line:
        return level, message, {name: getattr(record, name) for name in fields}

    return say


_LINES: dict[type[rec.Record], Callable[[Any, State], Line]] = {
    rec.DayOpened: _plainly("info", "day opened", "day", "cash"),
    rec.Intended: _intended,
    rec.Accepted: _plainly("info", "accepted(접수)", "intent", "order_no", "source"),
    rec.Filled: _filled,
    rec.Refused: _refused,
    rec.Lost: _plainly("error", "outcome unknown", "intent", "reason"),
    rec.NeverArrived: _plainly("warning", "never arrived", "intent"),
    rec.Ended: _ended,
    rec.Reduced: _plainly("warning", "partly cancelled(일부취소)", "intent", "cancelled", "source"),
    rec.CancelIntended: _plainly("info", "cancel(취소)", "intent", "reason"),
    rec.CancelFailed: _plainly("error", "cancel failed", "intent", "reason"),
    rec.AmendIntended: _plainly("info", "amend(정정)", "intent", "price"),
    rec.Amended: _plainly("info", "amended(정정)", "intent", "order_no", "price", "source"),
    rec.AmendFailed: _plainly("error", "amend failed", "intent", "reason"),
    rec.Declined: _plainly("warning", "declined by the guard", "code", "rule", "detail"),
    rec.Incident: _incident,
    rec.Blinded: _plainly("error", "not seen", "sight", "book", "since", "keys", "reason"),
    rec.SeenAgain: _plainly("info", "seen again", "sight", "book", "since", "answered"),
    rec.Halted: _halted,
    rec.FlattenBegun: _plainly("warning", "flatten", "book", "reason"),
    rec.ExitDue: _plainly("info", "to be sold", "book", "code", "reason"),
    rec.PlanPrepared: _plainly(
        "info", "plan prepared(계획)", "book", "plan", "day", "buys", "sells", "errors"
    ),
    rec.PlanBegun: _plainly("info", "plan begun(계획)", "book", "plan"),
    rec.PlanSkipped: _plainly("warning", "plan skipped(계획)", "book", "plan", "day", "reason"),
    rec.PlanEnded: _plainly("info", "plan carried out(계획)", "book", "plan", "sent", "skipped"),
    rec.BasePriced: _plainly("info", "base price(기준가)", "code", "price"),
    rec.OthersOrder: _plainly("debug", "an order that is not ours", "order_no"),
    rec.UnitsConfirmed: _plainly("info", "same shares as at the last close", "codes"),
    rec.UnitDoubted: _plainly(
        "error", "another share overnight", "code", "before", "after", "last", "base", "others"
    ),
    rec.TurnoverStated: _plainly("info", "traded on the account today", "bought", "sold"),
    rec.Reconciled: _plainly("info", "books agree", "cash"),
    rec.CashStated: _plainly("warning", "cash follows the broker", "difference", "reason"),
    rec.OwnerTraded: _plainly("warning", "the owner traded", "code", "change"),
    rec.PositionMoved: _plainly("warning", "moved", "origin", "book", "quantity"),
    rec.MoveRefused: _plainly("warning", "move refused", "origin", "book", "code", "rule"),
    rec.UnitChanged: _plainly("warning", "shares became others", "code", "before", "after"),
    rec.UnitRefused: _plainly("warning", "conversion refused", "code", "rule", "detail"),
    rec.PositionLost: _plainly("error", "position lost", "book", "code", "quantity"),
    rec.PositionReturned: _plainly("warning", "position returned", "book", "code", "quantity"),
    rec.FigureProved: _plainly("info", "open orders shrink it", "figure", "intent", "seconds"),
    rec.Repriced: _plainly("warning", "repriced", "intent", "difference"),
    rec.CalendarCorrected: _plainly("warning", "trading days corrected(거래일)", "days"),
    rec.ClosesStated: _plainly("debug", "last prices(종가)", "day"),
    rec.DayClosed: _plainly("info", "day closed", "day"),
}
