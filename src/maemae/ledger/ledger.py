"""The durable journal of one account, and what can be asked of it.

A record is on the disk when `append` returns. Nothing may be sent on the strength of a record
that is not.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import msgspec
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.engine import make_url

from maemae import private
from maemae.desk.records import AnyRecord, DayOpened, Intended, Record
from maemae.errors import LedgerError
from maemae.i18n import _
from maemae.ledger import schema
from maemae.ledger.database import file_of, keep_private, open_engine, stepping
from maemae.ledger.migrate import bring_up_to_date
from maemae.ledger.presence import Presence
from maemae.ledger.projection import project
from maemae.ledger.trouble import mend, told

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_AT_ONCE = 10_000
"""Facts that are fetched at once where all are read."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order as the ledger knows it."""

    intent: str
    book: str
    side: str
    code: str
    name: str
    quantity: int
    price: int | None
    reason: str
    state: str
    order_no: int | None
    filled: int
    amount: int
    intended: datetime
    kind: str = ""
    """ORD_DVSN, blank for a limit or market order of KRX's regular session."""
    exchange: str = "KRX"


@dataclass(frozen=True, slots=True)
class FillLine:
    """An execution as the ledger knows it; `amount` in won before costs."""

    intent: str
    book: str
    side: str
    code: str
    quantity: int
    amount: int
    executed: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The last fact of an account's journal: its number, and a digest of it."""

    seq: int
    digest: str


class Ledger:
    """The books of one account in a database.

    Args:
        url: an SQLAlchemy URL, or the path of an SQLite file.
        account: whose books; several accounts may share a database, and never mix.

    Raises:
        LedgerError: the database cannot be opened.
    """

    def __init__(self, url: str | Path, account: str) -> None:
        self._url = f"sqlite:///{url}" if isinstance(url, Path) else url
        self._account = account
        self._lock = Lock()
        self._checking: Any = None
        """SQLite's connection while it looks for damage."""
        with told(self._where, "opened"):
            if make_url(self._url).get_backend_name() == "sqlite" and isinstance(url, Path):
                private.make_folder(url.parent)
            self._engine = open_engine(self._url)
            with ExitStack() as failed:
                failed.callback(self._engine.dispose)
                keep_private(self._engine)
                bring_up_to_date(self._engine)
                self._presence = Presence(file_of(self._engine))
                failed.pop_all()

    def __enter__(self) -> Self:
        """Use the ledger in a with block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def append(self, records: Sequence[Record]) -> None:
        """Make facts durable, all or none, together with the orders and fills they change.

        Raises:
            LedgerError: they are not durable; nothing that follows from them may be done.
            LedgerAway: it is not known whether they are: the ledger has to be read anew.
            LedgerVanished: they went, or would go, into a file that nobody will find again.
        """
        if not records:
            return
        with self.writing() as connection:
            connection.execute(
                insert(schema.journal),
                [
                    {
                        "account": self._account,
                        "at": record.at.isoformat(),
                        "kind": str(record.__struct_config__.tag),
                        "body": _encoder.encode(record).decode(),
                    }
                    for record in records
                ],
            )
            for record in records:
                project(connection, self._account, record)

    @property
    def account(self) -> str:
        """Whose books they are."""
        return self._account

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for reading.

        Raises:
            LedgerError: the database cannot be read.
        """
        with told(self._where, "read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection for a transaction, which is durable when this is left.

        Raises:
            LedgerError: see `append`.
        """
        self._presence.before_write()
        with (
            self._presence.writing,
            told(self._where, "written"),
            self._engine.begin() as connection,
        ):
            yield connection
        self._presence.check()

    def check_presence(self) -> None:
        """Look whether the ledger is still the file at its path, or its server still answers.

        Raises:
            LedgerVanished: the file is gone, another, or written over.
            LedgerAway: the server cannot be reached.
        """
        self._presence.check()
        if self._engine.dialect.name != "sqlite":
            with self.reading() as connection:
                connection.exec_driver_sql("SELECT 1")

    @property
    def size(self) -> int:
        """Bytes of an SQLite ledger's file; 0 of one in memory or on a server."""
        file = file_of(self._engine)
        return file.stat().st_size if file is not None else 0

    def stop_checking(self) -> None:
        """End a `check` that another thread is at, which may not have got to its next step."""
        with self._lock:  # Afterwards the connection is somebody else's.
            if self._checking is not None:
                self._checking.interrupt()

    def check(self, step: Callable[[], None] = lambda: None) -> None:
        """Look whether all pages of an SQLite ledger are whole; a server looks after its own.

        Args:
            step: is called again and again meanwhile; an exception of it ends the look, and is
                raised.

        Raises:
            LedgerError: the ledger is damaged; nothing may be traded on it.
        """
        if self._engine.dialect.name != "sqlite":
            return
        with self.reading() as connection, stepping(connection, step):
            with self._lock:
                self._checking = connection.connection.driver_connection
            try:
                found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            finally:
                with self._lock:
                    self._checking = None
        if found != "ok":
            raise LedgerError(
                _("the ledger {where} cannot be read: {found}. {mend}").format(
                    where=self._where, found=found, mend=mend()
                )
            )

    def records(self) -> Iterator[Record]:
        """Yield all facts of the account, oldest first.

        Raises:
            LedgerError: the journal cannot be read, or a row of it cannot be understood.
        """
        return (record for _, record in self.entries())

    def entries(self, after: int = 0) -> Iterator[tuple[int, Record]]:
        """Yield the facts behind a number of the journal, with their numbers, oldest first.

        Raises:
            LedgerError: the journal cannot be read, or a row of it cannot be understood.
        """
        journal = schema.journal.c
        query = (
            select(journal.seq, journal.body)
            .where(journal.account == self._account, journal.seq > after)
            .order_by(journal.seq)
        )
        where = self._where
        with self.reading() as connection:
            # Without it a database server's driver fetches all of them before the first.
            streamed = connection.execution_options(yield_per=_AT_ONCE)
            for seq, body in streamed.execute(query):
                yield seq, _decode(where, seq, body)

    def count(self) -> int:
        """Return how many facts the account has, without reading them.

        Raises:
            LedgerError: the journal cannot be read.
        """
        journal = schema.journal.c
        mine = select(func.count()).where(journal.account == self._account)
        with self.reading() as connection:
            return int(connection.execute(mine).scalar_one())

    def mark(self) -> Mark | None:
        """Return where the account's journal ends; None where it is empty.

        Raises:
            LedgerError: the journal cannot be read.
        """
        row = self._last_row()
        return None if row is None else Mark(row[0], _digest(row[1]))

    def mark_at(self, seq: int) -> Mark | None:
        """Return the mark of a fact of the account's journal; None where it has none so numbered.

        Raises:
            LedgerError: the journal cannot be read.
        """
        journal = schema.journal.c
        there = select(journal.body).where(journal.account == self._account, journal.seq == seq)
        with self.reading() as connection:
            body = connection.execute(there).scalar_one_or_none()
        return None if body is None else Mark(seq, _digest(body))

    def has(self, mark: Mark) -> bool:
        """Whether the account's journal goes as far as a mark, and was the same there.

        Raises:
            LedgerError: the journal cannot be read.
        """
        return self.mark_at(mark.seq) == mark

    def last(self) -> Record | None:
        """Return the account's last fact; None where it has none.

        Raises:
            LedgerError: the journal cannot be read, or the fact cannot be understood.
        """
        row = self._last_row()
        return None if row is None else _decode(self._where, *row)

    def _last_row(self) -> tuple[int, str] | None:
        """Return number and body of the account's last fact."""
        journal = schema.journal.c
        mine = select(journal.seq, journal.body).where(journal.account == self._account)
        with self.reading() as connection:
            row = connection.execute(mine.order_by(journal.seq.desc()).limit(1)).one_or_none()
        return None if row is None else (row.seq, row.body)

    def latest(self, kinds: Iterable[type[Record]], count: int) -> list[Record]:
        """Return the last facts of some kinds, newest first.

        Raises:
            LedgerError: the journal cannot be read, or a row of it cannot be understood.
        """
        journal = schema.journal.c
        tags = [str(kind.__struct_config__.tag) for kind in kinds]
        query = (
            select(journal.seq, journal.body)
            .where(journal.account == self._account, journal.kind.in_(tags))
            .order_by(journal.seq.desc())
            .limit(count)
        )
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return [_decode(self._where, seq, body) for seq, body in rows]

    def accounts(self) -> list[str]:
        """Return all accounts that have facts in this database.

        Raises:
            LedgerError: the database cannot be read.
        """
        account, found = schema.journal.c.account, list[str]()
        with self.reading() as connection:
            # One after another, by the index: a list of distinct ones would go through all facts.
            following = select(func.min(account))
            while (one := connection.execute(following).scalar_one()) is not None:
                found.append(one)
                following = select(func.min(account)).where(account > one)
        return found

    def orders(self, day: date | None = None) -> list[OrderLine]:
        """Return the orders of a day (or all), in the order in which they were intended.

        Raises:
            LedgerError: the database cannot be read.
        """
        columns = schema.orders.c
        lines = self._rows(schema.orders, day, [columns.intended, columns.intent])
        routes = self._routes(day)
        return [
            OrderLine(
                **{
                    **row,
                    "intended": datetime.fromisoformat(row["intended"]),
                    **routes.get(row["intent"], {}),
                }
            )
            for row in lines
        ]

    def _routes(self, day: date | None) -> dict[str, dict[str, str]]:
        """Return kind and exchange of the orders that have them, by intent: the journal tells."""
        journal = schema.journal.c
        query = select(journal.seq, journal.body).where(
            journal.account == self._account,
            journal.kind == "intended",
            journal.body.contains('"route":'),
        )
        if day is not None:
            after, upto = self._span(day)
            query = query.where(journal.at.startswith(day.isoformat()), journal.seq > after)
            query = query if upto is None else query.where(journal.seq < upto)
        with self.reading() as connection:
            rows = connection.execute(query).all()
        found = [_decode(self._where, seq, body) for seq, body in rows]
        return {
            one.intent: {"kind": one.route.kind, "exchange": one.route.exchange.value}
            for one in found
            if isinstance(one, Intended) and one.route is not None
        }

    def _span(self, day: date) -> tuple[int, int | None]:
        """Return the numbers between which all facts of a day lie; None: to the end.

        The days opened, which are few, tell where to look. Facts follow each other in time, but
        where a simulated exchange has begun again at an earlier day.
        """
        journal, wanted = schema.journal.c, day.isoformat()
        query = (
            select(journal.seq, journal.at)
            .where(journal.account == self._account, journal.kind == "day_opened")
            .order_by(journal.seq)
        )
        with self.reading() as connection:
            openings = [(0, ""), *((seq, at) for seq, at in connection.execute(query))]
        ends: list[tuple[int | None, str]] = [*openings[1:], (None, "")]
        found = [
            (seq, end)
            for (seq, at), (end, then) in zip(openings, ends, strict=True)
            if at[:10] <= wanted and (end is None or then[:10] >= wanted or then <= at)
        ]
        uptos = [end for _, end in found if end is not None]
        after = min((seq for seq, _ in found), default=0)
        return max(after - 1, 0), max(uptos) if len(uptos) == len(found) and uptos else None

    def fills(self, day: date | None = None) -> list[FillLine]:
        """Return the executions of a day (or all), in the order in which they became known.

        Raises:
            LedgerError: the database cannot be read.
        """
        lines = self._rows(schema.fills, day, [schema.fills.c.seq])
        return [
            FillLine(**{**row, "executed": datetime.fromisoformat(row["executed"])})
            for row in lines
        ]

    @property
    def _where(self) -> str:
        return make_url(self._url).render_as_string(hide_password=True)

    def _rows(self, table: Any, day: date | None, order: Iterable[Any]) -> list[dict[str, Any]]:
        query = select(table).where(table.c.account == self._account).order_by(*order)
        if day is not None:
            query = query.where(table.c.day == day.isoformat())
        hidden = {"account", "day"} | ({"seq"} if "seq" in table.c else set())
        with self.reading() as connection:
            return [
                {key: value for key, value in row.items() if key not in hidden}
                for row in connection.execute(query).mappings()
            ]


def accounts(url: str | Path) -> list[str]:
    """Return the accounts that have facts in a database.

    Raises:
        LedgerError: the database cannot be read.
    """
    with Ledger(url, "") as ledger:
        return ledger.accounts()


def opening(records: Iterable[Record], day: date) -> DayOpened | None:
    """Return the record that opened a day, if there is one."""
    days = (r for r in records if isinstance(r, DayOpened) and r.day == day)
    return next(days, None)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _decode(where: str, seq: int, body: str) -> Record:
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise LedgerError(
            _("the ledger {where} has a damaged row {seq}: {error}. {mend}").format(
                where=where, seq=seq, error=error, mend=mend()
            )
        ) from error
