"""Instruments (종목) and finding them by code, name or initial consonants (초성)."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import IntEnum

from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Kind, Market

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_ALIKE = 0.6
"""How much two names must have in common to be taken for a slip of the other, from 0 to 1."""
_FIRST_SYLLABLE, _LAST_SYLLABLE, _PER_INITIAL = ord("가"), ord("힣"), 588


class MarketWarning(IntEnum):
    """The exchange's market warning (시장경고)."""

    NONE = 0
    CAUTION = 1
    """투자주의."""
    ALERT = 2
    """투자경고: bought with full cash margin only."""
    RISK = 3
    """투자위험: bought with full cash margin only."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What can be traded; prices in won.

    `base_price` is the day's base price (기준가) as of the master file, 0 when unknown; `shares`
    the listed shares (the file counts in thousands), `market_cap` in won (the file counts in
    hundred millions). Sectors are explained in `maemae.market.sectors`; `industries` are the codes
    from the widest to the narrowest, as far as it has them.
    """

    code: str
    name: str
    market: Market
    kind: Kind = Kind.STOCK
    standard_code: str = ""
    base_price: int = 0
    listed_on: date | None = None
    shares: int = 0
    market_cap: int = 0
    preferred: bool = False
    spac: bool = False
    halted: bool = False
    managed: bool = False
    liquidation: bool = False
    overheated: bool = False
    warning: MarketWarning = MarketWarning.NONE
    krx_sectors: tuple[str, ...] = ()
    kospi200_sector: str = ""
    industries: tuple[str, ...] = ()

    @property
    def kospi200(self) -> bool:
        """Whether it is a constituent of KOSPI 200."""
        return bool(self.kospi200_sector)

    @property
    def sectors(self) -> frozenset[str]:
        """All sectors it belongs to: names (반도체) and codes of industries (0013)."""
        return frozenset({*self.krx_sectors, self.kospi200_sector, *self.industries} - {""})

    @property
    def order_code(self) -> str:
        """The code as the broker's orders want it: an ETN carries a leading Q."""
        return f"Q{self.code}" if self.kind is Kind.ETN else self.code

    @property
    def is_tradable(self) -> bool:
        """Whether it can be bought in the ordinary way today."""
        return not (self.halted or self.liquidation)

    @property
    def is_ordinary(self) -> bool:
        """Whether people mean it, too, when they say "the whole market"."""
        return self.is_tradable and not (self.preferred or self.spac or self.managed)


class Instruments:
    """All instruments known, by code.

    Raises:
        DataError: two of them carry the same code.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_code: dict[str, Instrument] = {}
        for instrument in instruments:
            if instrument.code in self._by_code:
                raise DataError(
                    _("the code {code} stands twice among the instruments").format(
                        code=instrument.code
                    )
                )
            self._by_code[instrument.code] = instrument

    def __len__(self) -> int:
        return len(self._by_code)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_code.values())

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Instrument | None:
        """Return the instrument of a code, or None."""
        return self._by_code.get(code)

    def __getitem__(self, code: str) -> Instrument:
        try:
            return self._by_code[code]
        except KeyError:
            raise DataError(_("no instrument has the code {code}").format(code=code)) from None

    def search(self, text: str, limit: int = 20) -> list[Instrument]:
        """Find instruments by code, name or initial consonants, the best match first.

        A syllable and an initial may be mixed: 삼ㅅ전 finds 삼성전자. Case and blanks do not count.
        """
        wanted = _squeeze(text)
        if not wanted:
            return []
        ranked = ((_rank(instrument, wanted), instrument) for instrument in self)
        hits = [(rank, i.preferred, len(i.name), i.code, i) for rank, i in ranked if rank]
        return [hit[-1] for hit in sorted(hits, key=lambda hit: hit[:-1])[:limit]]

    def near(self, text: str, limit: int = 5) -> list[Instrument]:
        """Return what may have been meant by a text that finds nothing, the likeliest first."""
        by_name = {one.name: one for one in self}
        return [by_name[name] for name in resembling(text, by_name, limit)]


def resembling(text: str, names: Iterable[str], limit: int = 5) -> list[str]:
    """Return the names that are spelt much like a text, the most alike first.

    Compared letter by letter (자모), so that 삼송전자 is near 삼성전자; a text of initial
    consonants is compared with the initials of the names.
    """
    wanted = _squeeze(text)
    short = initials(wanted) == wanted and not wanted.isascii()
    found: dict[str, None] = {}
    names = list(names) if wanted else []
    for length in (None, len(wanted)):  # The whole name, then only as much of it as was typed.
        spelt = {name: _squeeze(name)[:length] for name in names}
        spelt = {name: initials(it) if short else _letters(it) for name, it in spelt.items()}
        alike = get_close_matches(
            wanted if short else _letters(wanted), sorted({*spelt.values()}), limit, _ALIKE
        )
        found |= {name: None for one in alike for name, has in spelt.items() if has == one}
    return list(found)[:limit]


def initials(text: str) -> str:
    """Return the initial consonants of a Korean text: 삼성전자 becomes ㅅㅅㅈㅈ."""
    return "".join(_initial(letter) for letter in text)


def _initial(letter: str) -> str:
    if _FIRST_SYLLABLE <= ord(letter) <= _LAST_SYLLABLE:
        return _INITIALS[(ord(letter) - _FIRST_SYLLABLE) // _PER_INITIAL]
    return letter


def _letters(text: str) -> str:
    return unicodedata.normalize("NFD", _squeeze(text))


def _squeeze(text: str) -> str:
    return "".join(text.split()).upper()


def _rank(instrument: Instrument, wanted: str) -> int:
    """Return 0 for no match, otherwise a rank that is lower the better the match."""
    name = _squeeze(instrument.name)
    if wanted in (instrument.code, name):
        return 1
    if name.startswith(wanted):
        return 2
    if instrument.code.startswith(wanted):
        return 3
    if wanted in name:
        return 4
    at = _find(name, wanted)
    return 0 if at is None else 5 if at == 0 else 6


def _find(name: str, wanted: str) -> int | None:
    """Find where a name matches letter by letter, an initial standing for any of its syllables."""
    for start in range(len(name) - len(wanted) + 1):
        part = name[start : start + len(wanted)]
        if all(w in (n, _initial(n)) for w, n in zip(wanted, part, strict=True)):
            return start
    return None
