"""The state as it was after a fact of the journal, kept so that nobody has to fold all of it.

A snapshot is derived: the journal is the truth, and what does not match it is not used. It counts
only for the very program and the cost rules that made it (`program`). It is written in one
transaction with the days that have ended since the one before: a process that dies meanwhile leaves
the one before.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select

from maemae import __version__
from maemae.desk.image import image_of, state_of
from maemae.desk.state import State
from maemae.errors import InvariantError
from maemae.i18n import _
from maemae.ledger import schema
from maemae.ledger.fold import DamagedDayError, Day, Finished, Fold
from maemae.ledger.ledger import Ledger, Mark
from maemae.market.costs import CostRules

_FOLDING = ("maemae.desk", "maemae.market", "maemae.ledger")
"""Packages whose code decides what facts add up to."""

_DAYS_AT_ONCE = 50
"""Of five years there are more than are well written in one statement: 30 kB each."""

_kept = schema.snapshots.c
_day = schema.days.c


class _Body(msgspec.Struct, frozen=True):
    """What a snapshot holds: an image of the state, and what its day has earned so far."""

    state: msgspec.Raw
    today: Day | None


class Unfit(StrEnum):
    """Why a snapshot is not used. One of another program or other cost rules is nothing wrong."""

    DAMAGED = "damaged"
    FOREIGN = "foreign"
    """The journal has not the fact that it was made after."""
    DIFFERS = "differs"
    """The facts add up to something else."""
    DESK = "desk"
    """What the desk that traded the day knew is something else, and the snapshot may be as well."""


def told(unfit: Unfit) -> str:
    """Say what is wrong with a snapshot."""
    said = {
        Unfit.DAMAGED: _("the snapshot of the ledger is damaged: all facts are read instead"),
        Unfit.FOREIGN: _(
            "the snapshot of the ledger is of another journal: all facts are read instead"
        ),
        Unfit.DIFFERS: _("the snapshot of the ledger is not what its facts add up to"),
        Unfit.DESK: _("what the trader knew at the close is not what its facts add up to"),
    }
    return said[unfit]


@dataclass(frozen=True, slots=True)
class Known:
    """A fold that goes as far as the journal, and why the snapshot was not used, if it is unfit."""

    fold: Fold
    unfit: Unfit | None = None

    @property
    def state(self) -> State:
        """What the facts add up to."""
        return self.fold.state


def known(ledger: Ledger, costs: CostRules, step: Callable[[], None] = lambda: None) -> Known:
    """Return what an account's facts add up to: its snapshot, and the facts since.

    Args:
        ledger: of the account.
        costs: fees and taxes of the venue.
        step: is called for each fact that is read.

    Raises:
        LedgerError: the journal cannot be read.
        InvariantError: its facts contradict each other.
    """
    fold, unfit = kept(ledger, costs)
    carry_on(ledger, fold, step)
    return Known(fold, unfit)


def carry_on(ledger: Ledger, fold: Fold, step: Callable[[], None] = lambda: None) -> None:
    """Let a fold take in what the journal has behind it.

    Raises:
        LedgerError: the journal cannot be read.
        InvariantError: its facts contradict each other.
    """
    for number, record in ledger.entries(fold.seen):
        fold.take(number, record)
        step()


def kept(ledger: Ledger, costs: CostRules) -> tuple[Fold, Unfit | None]:
    """Return the fold that is kept, or that of no facts and why what is kept is unfit.

    Raises:
        LedgerError: the database cannot be read.
    """
    # Also where none is kept: it must be known which code runs before other files replace it.
    ours = program(costs)
    with ledger.reading() as connection:
        query = select(schema.snapshots).where(_kept.account == ledger.account)
        row = connection.execute(query).one_or_none()
        if row is None or row.program != ours:
            return Fold.empty(costs), None
        fold = _restored(row, costs)
        if fold is None or _days_before(connection, ledger.account, fold) != row.days:
            return Fold.empty(costs), Unfit.DAMAGED
    if not ledger.has(Mark(row.seq, row.mark)):
        return Fold.empty(costs), Unfit.FOREIGN
    return fold, None


def keep(ledger: Ledger, fold: Fold) -> None:
    """Write a snapshot of a fold, in place of the one before.

    Raises:
        LedgerError: it cannot be written; the one before is still there.
    """
    mark = ledger.mark_at(fold.seen)
    if mark is None:
        return  # There is no fact yet.
    body = _Body(msgspec.Raw(image_of(fold.state)), fold.today)
    row = {
        "account": ledger.account,
        "seq": mark.seq,
        "mark": mark.digest,
        "program": program(fold.state.rules),
        "days": fold.before + len(fold.finished),
        "body": msgspec.json.encode(body).decode(),
    }
    with ledger.writing() as connection:
        of_account = _day.account == ledger.account
        connection.execute(delete(schema.days).where(of_account, _day.opened >= fold.first))
        for start in range(0, len(fold.finished), _DAYS_AT_ONCE):
            some = fold.finished[start : start + _DAYS_AT_ONCE]
            rows = [_row_of(ledger.account, one) for one in some]
            connection.execute(insert(schema.days), rows)
        connection.execute(delete(schema.snapshots).where(_kept.account == ledger.account))
        connection.execute(insert(schema.snapshots), [{**row, "digest": _digest_of(row)}])


def _row_of(account: str, finished: Finished) -> dict[str, object]:
    body = finished.body.decode()
    return {
        "account": account,
        "opened": finished.opened,
        "day": finished.day.isoformat(),
        "digest": _digest(body),
        "body": body,
    }


def days_of(ledger: Ledger, fold: Fold, first: date, last: date) -> list[Day]:
    """Return what the days of a span have earned, both ends included, in their order.

    Raises:
        DamagedDayError: a kept one is not what was written.
        LedgerError: they cannot be read.
    """
    query = (
        select(schema.days)
        .where(_day.account == ledger.account, _day.opened < fold.first)
        .where(_day.day.between(first.isoformat(), last.isoformat()))
        .order_by(_day.opened)
    )
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    days = [_finished(row).read() for row in rows]
    days += [one.read() for one in fold.finished if first <= one.day <= last]
    if fold.today is not None and first <= fold.today.day <= last:
        days.append(fold.today.summed())
    return days


@cache
def _code() -> str:
    """Return a digest of the code that folds: a snapshot is never older than its rules."""
    digest = hashlib.sha256(__version__.encode())
    for package in _FOLDING:
        found = (one for one in files(package).iterdir() if one.name.endswith(".py"))
        for file in sorted(found, key=lambda one: one.name):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def program(costs: CostRules) -> str:
    """Return what a snapshot must have been made by, and under, to be used."""
    return _digest(f"{_code()} {costs!r}")


def _restored(row: Row[Any], costs: CostRules) -> Fold | None:
    """Return the fold of a snapshot; None: it is damaged."""
    if row.digest != _digest_of({**row._mapping}):  # noqa: SLF001 - SQLAlchemy's public name
        return None
    try:
        body = msgspec.json.decode(row.body, type=_Body)
        return Fold(state_of(bytes(body.state), costs), row.seq, body.today, before=row.days)
    except (msgspec.MsgspecError, InvariantError, KeyError):
        return None


def _days_before(connection: Connection, account: str, fold: Fold) -> int:
    mine = select(func.count()).select_from(schema.days).where(_day.account == account)
    return connection.execute(mine.where(_day.opened < fold.first)).scalar_one()


def _finished(row: Row[Any]) -> Finished:
    if _digest(row.body) != row.digest:
        raise DamagedDayError.told()
    return Finished(row.opened, date.fromisoformat(row.day), row.body.encode())


def _digest_of(row: Mapping[str, Any]) -> str:
    told = {name: value for name, value in row.items() if name != "digest"}
    return _digest(msgspec.json.encode(told, order="sorted").decode())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
