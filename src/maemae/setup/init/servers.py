"""Whose keys a file holds: the virtual server's (모의투자) or the real one's (실전).

A key that says so in its name is believed. For all others the file is asked: its switches, negated
ones too (`KIS_REAL_TRADING=false`), and the addresses that it names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

PAPER, LIVE = "paper", "live"

_VIRTUAL_WORDS: Final = frozenset(
    {"paper", "virtual", "mock", "vts", "vps", "demo", "simulation", "simulated", "sim"}
    | {"sandbox", "test", "모의", "모의투자"}
)
_REAL_WORDS: Final = frozenset({"real", "live", "prod", "실전", "실전투자", "실계좌", "실거래"})
_FILLERS: Final = frozenset(
    {"kis", "is", "use", "using", "used", "enable", "enabled", "trading", "trade", "mode"}
    | {"account", "server", "svr", "env", "environment", "api", "invest", "investment", "flag"}
    | {"order", "orders", "broker", "bot", "my", "korea", "hantu", "run", "type", "target"}
    | {"여부", "모드", "서버", "사용", "계좌", "투자"}
)
_CHOOSERS: Final = frozenset(
    {"env", "environment", "mode", "server", "svr", "type", "target", "모드", "서버"}
)
_NEGATORS: Final = frozenset({"not", "no", "non", "disable", "disabled", "without"})
_YES: Final = frozenset({"true", "1", "yes", "y", "on", "t"})
_NO: Final = frozenset({"false", "0", "no", "n", "off", "f"})

_MARKED_VIRTUAL = re.compile(r"paper|virtual|mock|vts|vps|demo|모의")
_MARKED_REAL = re.compile(r"real|live|(^|_)prod_|실전")
_VIRTUAL_ADDRESS = re.compile(r"openapivts\.|koreainvestment\.com:(29443|31000)")
_REAL_ADDRESS = re.compile(r"openapi\.koreainvestment|koreainvestment\.com:(9443|21000)\b")


@dataclass(frozen=True)
class Verdict:
    """What a file says of those of its keys that do not say it themselves.

    Attributes:
        venue: where they belong; None where the file contradicts itself.
        virtual: the names of what says the virtual server.
        real: the names of what says the real one.
    """

    venue: str | None
    virtual: tuple[str, ...] = ()
    real: tuple[str, ...] = ()


def marked(name: str) -> str | None:
    """Return the server that a name says, if it says one."""
    if _MARKED_VIRTUAL.search(name):
        return PAPER
    return LIVE if _MARKED_REAL.search(name) else None


def judge(flat: Mapping[str, str], keys: list[str]) -> Verdict:
    """Return whose the keys are that are not marked.

    Args:
        flat: all that the file says.
        keys: the names of its keys and secrets, whatever stands behind them.
    """
    marks = {marked(name) for name in keys}
    if None in marks and len(marks) == 2:  # noqa: PLR2004 - keys of the other server are marked
        return Verdict(LIVE if PAPER in marks else PAPER)
    said: dict[str, list[str]] = {PAPER: [], LIVE: []}
    for name, venue in (*_switches(flat), *_addresses(flat)):
        said[venue].append(name)
    virtual, real = tuple(said[PAPER]), tuple(said[LIVE])
    if virtual and real:
        return Verdict(None, virtual, real)
    return Verdict(PAPER if virtual else LIVE, virtual, real)


def is_evidence(name: str, value: str) -> bool:
    """Whether an entry is a switch or an address of the broker, used up by `judge`."""
    return _switch(name, value) is not None or _address(value) is not None


def _switches(flat: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in flat.items():
        venue = _switch(name, value)
        if venue is not None:
            yield name, venue


def _switch(name: str, value: str) -> str | None:
    """Return what a switch says: `is_paper=true`, `not_real: yes`, `mode: 모의`."""
    words, word = name.split("_"), value.strip().lower()
    if word in _VIRTUAL_WORDS | _REAL_WORDS and set(words[-2:]) & _CHOOSERS:
        return PAPER if word in _VIRTUAL_WORDS else LIVE
    named = [one for one in words if one in _VIRTUAL_WORDS | _REAL_WORDS]
    # Its last words are of a switch and nothing else: not `real_time`, nor `live_chart`.
    alone = set(words[-2:]) <= _FILLERS | _NEGATORS | set(named)
    if word not in _YES | _NO or len(named) != 1 or not alone:
        return None
    negated = (word in _NO) != bool(set(words) & _NEGATORS)
    return PAPER if (named[0] in _VIRTUAL_WORDS) != negated else LIVE


def _addresses(flat: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what the addresses say; a file that lists those of both servers says nothing."""
    found = [(name, venue) for name, value in flat.items() if (venue := _address(value))]
    if len({venue for _name, venue in found}) == 1:
        yield from found


def _address(value: str) -> str | None:
    if _VIRTUAL_ADDRESS.search(value):
        return PAPER
    return LIVE if _REAL_ADDRESS.search(value) else None
