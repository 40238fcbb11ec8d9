"""What the owner's own trading has shown of a server: counts and times, kept from day to day."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path

import msgspec

from maemae import private
from maemae.errors import DataError
from maemae.i18n import _
from maemae.profile.facts import Fact, How, Known
from maemae.reading import read_bytes

ENOUGH = 3
"""So many orders that agree show something; a single one may have met a gap."""

SAMPLES = 500
"""Times that are kept of a kind, the newest."""

CODES = 200
"""Message codes that are counted at most."""

_MOST = 1_000_000
_A_CODE = re.compile(r"(?=[A-Z]*\d)[A-Z0-9]{8}", re.ASCII)


class Time(StrEnum):
    """What is timed of an order, in milliseconds after it was sent, or of a gap."""

    REPLY = "reply"
    """Until its reply."""
    NOTICE = "notice"
    """Until the first notice of it."""
    LISTED = "listed"
    """Until the first order list that has it was asked for."""
    BALANCE = "balance"
    """From an execution to the first balance that has it."""
    GAP = "gap"
    """How long the stream was down."""


class Witness(msgspec.Struct):
    """How often a fact was seen to hold and not to, when last, and within or after how long."""

    yes: int = 0
    no: int = 0
    last: date | None = None
    last_no: date | None = None
    seconds: int = 0


class Observed(msgspec.Struct):
    """All of it."""

    facts: dict[str, Witness] = msgspec.field(default_factory=dict)
    times: dict[str, list[int]] = msgspec.field(default_factory=dict)
    codes: dict[str, int] = msgspec.field(default_factory=dict)

    def saw(self, fact: Fact, day: date, *, holds: bool, seconds: int = 0, weight: int = 1) -> None:
        """Count that a fact held or did not; `weight` of `ENOUGH` settles it at once."""
        one = self.facts.setdefault(fact.value, Witness())
        if holds:
            one.yes += weight
        else:
            one.no += weight
            one.last_no = day
        one.last = day
        one.seconds = max(one.seconds, seconds)

    def timed(self, time: Time, milliseconds: int) -> None:
        """Keep how long something took; negative: it came before."""
        kept = self.times.setdefault(time.value, [])
        kept.append(milliseconds)
        del kept[:-SAMPLES]

    def coded(self, code: str) -> None:
        """Count a message code of the broker."""
        if code in self.codes or len(self.codes) < CODES:
            self.codes[code] = self.codes.get(code, 0) + 1

    def known(self) -> dict[Fact, Known]:
        """Return the facts that were seen often enough; those seen both ways often are a no."""
        found = {}
        for fact in Fact:
            one = self.facts.get(fact.value)
            if one is None:
                continue
            if one.no >= ENOUGH and one.last_no is not None:
                found[fact] = Known(False, How.OBSERVED, one.last_no, one.seconds or None)
            elif not one.no and one.yes >= ENOUGH and one.last is not None:
                found[fact] = Known(True, How.OBSERVED, one.last, one.seconds or None)
        return found

    def part(self, time: Time, share: float) -> int | None:
        """Return the milliseconds that this share of the times does not pass."""
        kept = sorted(self.times.get(time.value, ()))
        return kept[min(len(kept) - 1, int(share * len(kept)))] if kept else None


def read_observed(path: Path) -> Observed:
    """Return what is kept; nothing yet where there is no file.

    Raises:
        DataError: the file is none of ours.
    """
    if not path.exists():
        return Observed()
    try:
        return msgspec.json.decode(read_bytes(path, _MOST), type=Observed)
    except msgspec.MsgspecError as error:
        said = _("{file} cannot be read: {why}")
        raise DataError(said.format(file=path, why=error)) from None


def write_observed(path: Path, observed: Observed) -> None:
    """Write it over what is there, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    private.make_folder(path.parent)
    half = path.with_suffix(".part")
    private.write_text(half, msgspec.json.encode(observed).decode())
    half.replace(path)


def codes_in(texts: Iterable[str]) -> list[str]:
    """Return the broker's message codes at the beginning of texts that have one."""
    firsts = (text.split(" ", 1)[0].rstrip(":") for text in texts)
    return [first for first in firsts if _A_CODE.fullmatch(first)]
