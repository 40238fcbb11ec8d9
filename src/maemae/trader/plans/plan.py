"""A plan as a file: what is to be bought and sold on a day, and what it was made from."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from maemae import private
from maemae.desk.records import Listed
from maemae.desk.terms import Exits
from maemae.errors import DataError
from maemae.i18n import _
from maemae.reading import LISTS, read_bytes

VERSION = 1

Positive = Annotated[int, msgspec.Meta(gt=0)]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One name of a plan: so many shares, why, and at which close (won) it was decided."""

    listed: Listed
    quantity: Positive
    price: Positive
    reason: str
    score: float | None = None

    @property
    def code(self) -> str:
        """The instrument's code."""
        return self.listed.code


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a book is to do at the open of a day.

    Attributes:
        name: the book; also the last part of the file's name.
        account: masked; `account_mark` tells whether an account is the one that is meant.
        day: the trading day on which it is carried out; `data_day` the one whose close decided.
        settings: fingerprint of strategy, parameters, sizing and exits.
        data: fingerprint of the bars that were looked at.
        max_names, exits: how the book holds what is bought.
        errors: by code, why an instrument could not be judged.
    """

    version: int = VERSION
    name: str
    strategy: str
    venue: str
    account: str
    account_mark: str
    day: date
    data_day: date
    prepared: datetime
    settings: str
    data: str
    max_names: Positive
    exits: Exits = Exits()
    buys: tuple[Line, ...] = ()
    sells: tuple[Line, ...] = ()
    errors: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """Changes with anything in the plan."""
        return fingerprint(msgspec.json.encode(self))

    def is_for(self, account: str) -> bool:
        """Whether that account (`12345678-01`) is the one it was made for."""
        salt = self.account_mark.partition("$")[0]
        return secrets.compare_digest(mark(account, salt), self.account_mark)


def fingerprint(content: bytes) -> str:
    """Return a short fingerprint of some bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def mark(account: str, salt: str | None = None) -> str:
    """Return `salt$hash` of an account number.

    An account number has ten digits, so a plain hash of it could be undone by trying them all;
    scrypt makes that a matter of years.
    """
    salt = salt if salt is not None else secrets.token_hex(8)
    digest = hashlib.scrypt(account.encode(), salt=salt.encode(), n=1 << 14, r=8, p=1, dklen=16)
    return f"{salt}${digest.hex()}"


def plan_file(folder: Path, day: date, name: str) -> Path:
    """Return where the plan of a book for a day lies."""
    return folder / f"{day}-{name}.json"


def write_plan(plan: Plan, folder: Path) -> Path:
    """Write a plan in one step, over an earlier one of its book and day.

    Raises:
        DataError: the folder cannot be written, or the file there is of another venue.
    """
    path = plan_file(folder, plan.day, plan.name)
    if path.exists() and (there := read_plan(path)).venue != plan.venue:
        raise DataError(
            _(
                "{path} is a plan for {venue}: give the book another name, or move the file away"
            ).format(path=path, venue=there.venue)
        )
    fresh = path.with_suffix(".new")
    content = msgspec.json.format(msgspec.json.encode(plan), indent=1)
    try:
        private.make_folder(folder)
        fresh.unlink(missing_ok=True)
        with open(fresh, "wb", opener=private.opener) as file:
            file.write(content + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise DataError(
            _("{path} cannot be written: {why}").format(path=path, why=error.strerror)
        ) from error
    return path


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        DataError: it cannot be read, or is of another version; the message names file and key.
    """
    try:
        content = read_bytes(path, LISTS)
        version = msgspec.json.decode(content, type=_Versioned).version
        if version != VERSION:
            raise DataError(
                _("{path} has version {version}; this maemae reads version {version2}").format(
                    path=path, version=version, version2=VERSION
                )
            )
        return msgspec.json.decode(content, type=Plan)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise DataError(
            _("{path} is no plan: {error}; prepare it again").format(path=path, error=error)
        ) from error


def plans(folder: Path, venue: str) -> Iterator[tuple[Path, Plan | DataError]]:
    """Yield the plans of a venue, the latest day first; in place of a broken one what is wrong."""
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            plan = read_plan(path)
        except DataError as error:
            yield path, error
            continue
        if plan.venue == venue:
            yield path, plan


class _Versioned(msgspec.Struct, frozen=True):
    version: int
