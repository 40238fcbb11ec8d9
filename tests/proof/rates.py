"""Hazards of the wire, of people and of the process: what a short seed of a test meets often."""

from collections.abc import Mapping

from maemae.proof.hazards import ROUGH, Hazard

_RARE = frozenset(
    {
        Hazard.TOKEN_REFUSED,
        Hazard.UNSENT,
        Hazard.FAILED_BEFORE,
        Hazard.REFUSED_CASH,
        Hazard.REFUSED_SHARES,
        Hazard.REFUSED_SESSION,
        Hazard.REFUSED_HALTED,
        Hazard.REFUSED_CODE,
        Hazard.REFUSED_PRICE,
        Hazard.THROTTLING,
        Hazard.TRADING_HALT,
        Hazard.PRICE_ZERO,
        Hazard.PRICE_NEGATIVE,
        Hazard.PRICE_BEYOND,
        Hazard.PRICE_JUMPED,
        Hazard.PRICE_OLD,
        Hazard.BLIND,
        Hazard.BALANCE_STUCK,
        Hazard.HOLDINGS_EMPTY,
        Hazard.HOLDINGS_DOUBLED,
        Hazard.HOLDINGS_BLANK,
        Hazard.BOOK_FAILS,
        Hazard.DAY_UNKNOWN,
        Hazard.UNIT_CHANGED,
        Hazard.LEDGER_AWAY,
        Hazard.LEDGER_VANISHES,
        Hazard.LEDGER_REPLACED,
        Hazard.LEDGER_EMPTIED,
        Hazard.LEDGER_OLDER,
        Hazard.NOTICE_BLANK,
    }
)
"""Left out where a test is about something else, so that most of its seed is about that."""

COMMON: Mapping[Hazard, float] = {h: rate for h, rate in ROUGH.items() if h not in _RARE}
