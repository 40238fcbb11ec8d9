"""What the probe has sent, on the disk before it leaves, so that a killed one can be cleaned up."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from maemae import private
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.reading import read_bytes

_MOST = 200_000


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """A probe began: with which name, and how many shares of it were there."""

    code: str
    held: int
    at: datetime


class Going(msgspec.Struct, frozen=True, tag="going"):
    """An order of one share is about to leave; `price` None: at market."""

    n: int
    side: Side
    price: int | None
    at: datetime


class Numbered(msgspec.Struct, frozen=True, tag="numbered"):
    """An order has a number, its first or another one by an amendment."""

    n: int
    number: int
    org: str


class Over(msgspec.Struct, frozen=True, tag="over"):
    """Nothing of an order lives any more, or it never was."""

    n: int


Line = Begun | Going | Numbered | Over


@dataclass(frozen=True, slots=True)
class Sent:
    """An order of the probe; `number` None: nobody told it yet."""

    n: int
    side: Side
    price: int | None
    at: datetime
    number: int | None = None
    org: str = ""
    over: bool = False


class SentFile:
    """The orders of a probe, kept in a file until everything is cleaned up.

    Args:
        path: the file; one that is there is of a probe that did not end.

    Raises:
        DataError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.begun: Begun | None = None
        self.orders: dict[int, Sent] = {}
        for line in self._lines():
            self._take(line)

    def begin(self, code: str, held: int, at: datetime) -> None:
        """Note which name is probed.

        Raises:
            OSError: it cannot be written, and nothing may be sent.
        """
        private.make_folder(self._path.parent)
        self._write(Begun(code, held, at))

    def going(self, side: Side, price: int | None, at: datetime) -> Sent:
        """Note that an order is about to leave; it is on the disk when this returns.

        Raises:
            OSError: it cannot be written, and the order may not be sent.
        """
        n = len(self.orders) + 1
        self._write(Going(n, side, price, at))
        return self.orders[n]

    def numbered(self, sent: Sent, number: int, org: str) -> Sent:
        """Note an order's number."""
        self._write(Numbered(sent.n, number, org))
        return self.orders[sent.n]

    def over(self, sent: Sent) -> None:
        """Note that nothing of an order lives any more."""
        self._write(Over(sent.n))

    def open(self) -> list[Sent]:
        """Return the orders that may live."""
        return [one for one in self.orders.values() if not one.over]

    def done(self) -> None:
        """Forget all: everything is as it was before."""
        self._path.unlink(missing_ok=True)

    def _take(self, line: Line) -> None:
        match line:
            case Begun():
                self.begun = line
            case Going():
                self.orders[line.n] = Sent(line.n, line.side, line.price, line.at)
            case Numbered():
                sent = self.orders[line.n]
                self.orders[line.n] = replace(sent, number=line.number, org=line.org)
            case Over():
                self.orders[line.n] = replace(self.orders[line.n], over=True)

    def _write(self, line: Line) -> None:
        with open(self._path, "ab", opener=private.opener) as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._take(line)

    def _lines(self) -> Iterator[Line]:
        if not self._path.exists():
            return
        content = read_bytes(self._path, _MOST)
        for row in content.splitlines(keepends=True):
            try:
                yield msgspec.json.decode(row, type=Line)
            except msgspec.MsgspecError as error:
                if not row.endswith(b"\n"):
                    return  # Torn by a kill: what it was to say had not happened yet.
                said = _("{file} cannot be read: {why}")
                raise DataError(said.format(file=self._path, why=error)) from None
