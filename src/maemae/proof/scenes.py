"""Days with much of one kind of trouble: a short one meets what a long one seldom does.

A rule that binds once a day is not proved by ten minutes of it. Each scene raises the hazards of
one kind; with people about, limits are tight and money is short.
"""

from collections.abc import Mapping

from maemae.proof.hazards import COMMON, ROUGH, Hazard
from maemae.proof.simulate import Plan

HOURS = 0.1

_PEOPLE: Mapping[Hazard, float] = {
    Hazard.BY_HAND: 20.0,
    Hazard.OPERATOR: 0.7,
    Hazard.BOOK_PAUSED: 0.4,
    Hazard.SHARES_MOVED: 0.4,
    Hazard.BY_HAND_TWICE: 0.2,
}
_OWNER: Mapping[Hazard, float] = {
    Hazard.OWNER_TRADE: 2.0,
    Hazard.OWNER_MEDDLES: 3.0,
    Hazard.BY_HAND: 6.0,
}
_DOUBT: Mapping[Hazard, float] = {
    Hazard.NEVER_SENT: 0.15,
    Hazard.SENT_LATE: 0.15,
    Hazard.SENT_VERY_LATE: 0.03,
    Hazard.REPLY_LOST: 0.15,
    Hazard.REPLY_LATE: 0.1,
    Hazard.CANCEL_LOST: 0.5,
    Hazard.AMEND_LOST: 0.5,
    Hazard.BY_HAND: 6.0,
    Hazard.CRASH: 0.5,
}
_ALIKE: Mapping[Hazard, float] = {
    Hazard.NEVER_SENT: 0.3,
    Hazard.SENT_LATE: 0.1,
    Hazard.REPLY_LOST: 0.3,
    Hazard.OWNER_ALIKE: 30.0,
}
_REFUSALS: Mapping[Hazard, float] = {Hazard.REFUSED: 0.5, Hazard.THROTTLED: 0.1}
_SLIPS: Mapping[Hazard, float] = {
    Hazard.BY_HAND: 6.0,
    Hazard.HAND_SLIPS: 20.0,
    Hazard.BY_HAND_TWICE: 0.2,
}
_RASH: Mapping[Hazard, float] = {
    Hazard.BY_HAND: 20.0,
    Hazard.MOVED_RASHLY: 10.0,
    Hazard.BOOK_SOLD: 0.5,
}
_DEAF: Mapping[Hazard, float] = {
    Hazard.NOTICE_DROPPED: 0.3,
    Hazard.NOTICE_TWICE: 0.2,
    Hazard.NOTICE_LATE: 0.2,
    Hazard.STALE_BALANCE: 0.1,
    Hazard.PARTIAL_BALANCE: 0.1,
    Hazard.STALE_INQUIRY: 0.1,
    Hazard.PARTIAL_INQUIRY: 0.1,
    Hazard.STREAM_GAP: 1.0,
}

_PRICES: Mapping[Hazard, float] = {
    Hazard.PRICE_ZERO: 0.02,
    Hazard.PRICE_NEGATIVE: 0.02,
    Hazard.PRICE_BEYOND: 0.02,
    Hazard.PRICE_JUMPED: 0.05,
    Hazard.PRICE_OLD: 0.05,
    Hazard.STALE_BALANCE: 0.3,
}

SCENES: Mapping[str, Plan] = {
    "people": Plan(hours=HOURS, rates={**COMMON, **_PEOPLE}, tight=True),
    "calm": Plan(hours=0.2, rates={Hazard.BY_HAND: 3.0, Hazard.OPERATOR: 0.1}),
    "alike": Plan(hours=HOURS, rates={**COMMON, **_ALIKE}),
    "nights": Plan(
        hours=0.05, days=4, rates={**COMMON, Hazard.UNIT_CHANGED: 0.5, Hazard.DAY_UNKNOWN: 0.4}
    ),
    "prices": Plan(hours=HOURS, rates={**COMMON, **_PRICES}),
    "owner": Plan(hours=HOURS, rates={**COMMON, **_OWNER}),
    "doubt": Plan(hours=HOURS, rates={**COMMON, **_DOUBT}),
    "refusals": Plan(hours=HOURS, rates={**COMMON, **_REFUSALS}, tight=True),
    "slips": Plan(hours=HOURS, rates={**COMMON, **_SLIPS}, tight=True),
    "rash": Plan(hours=HOURS, rates={**COMMON, **_RASH}),
    "closing": Plan(hours=0.03, rates={Hazard.BY_HAND: 2.0}),
    "deaf": Plan(hours=HOURS, rates={**COMMON, **_DEAF}),
    "wired": Plan(hours=HOURS, rates={**ROUGH, Hazard.BY_HAND: 10.0}, wired=True),
}
"""By name."""
