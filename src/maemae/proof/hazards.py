"""What goes wrong in a simulation, how often, and how often it did: all from one seed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Hazard(StrEnum):
    """One thing that can go wrong."""

    NEVER_SENT = "never_sent"
    """The request is lost on the way; the client hears nothing."""
    SENT_LATE = "sent_late"
    """The request arrives about when the client gives up waiting, up to three seconds later."""
    SENT_VERY_LATE = "sent_very_late"
    """The request arrives when the desk has taken it for lost: up to ten seconds later."""
    REPLY_LOST = "reply_lost"
    """The order is taken, its reply is lost."""
    REPLY_LATE = "reply_late"
    """The order is taken, its reply comes after its notices."""
    THROTTLED = "throttled"
    """The gateway refuses the order without looking at it."""
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a name
    """The gateway refuses the order's token; the next one is good."""
    UNSENT = "unsent"
    """No connection is made: the order has certainly not left."""
    FAILED_BEFORE = "failed_before"
    """The server answers HTTP 500 at once; the order was not taken, and nobody says so."""
    REFUSED = "refused"
    """The broker refuses the order, for no reason of ours."""
    REFUSED_CASH = "refused_cash"
    REFUSED_SHARES = "refused_shares"
    REFUSED_SESSION = "refused_session"
    REFUSED_HALTED = "refused_halted"
    REFUSED_CODE = "refused_code"
    REFUSED_PRICE = "refused_price"
    """The same, and it names a reason that is none."""
    THROTTLING = "throttling"
    """For a while the gateway refuses every order without looking at it."""
    TRADING_HALT = "trading_halt"
    """An instrument is halted for minutes, and opens again with an auction."""
    CANCEL_LOST = "cancel_lost"
    """A cancel is carried out or not, and nobody says which."""
    AMEND_LOST = "amend_lost"
    """An amendment is carried out or not, and nobody says which."""
    NOTICE_DROPPED = "notice_dropped"
    NOTICE_TWICE = "notice_twice"
    NOTICE_LATE = "notice_late"
    """A notice comes up to half a minute late, after others that happened later."""
    NOTICE_BLANK = "notice_blank"
    """A notice comes without an order number, or cannot be read."""
    PRICE_ZERO = "price_zero"
    """A price is said as zero: by a trade, an answer, a search."""
    PRICE_NEGATIVE = "price_negative"
    """A price is said with a sign, or as a number below zero."""
    PRICE_BEYOND = "price_beyond"
    """A price is said that lies beyond the day's limits."""
    PRICE_JUMPED = "price_jumped"
    """A price inside the limits is said once that is far from every trade around it."""
    PRICE_OLD = "price_old"
    """A trade of earlier in the day is said again, with the time it had."""
    STREAM_GAP = "stream_gap"
    """The socket breaks; what is said meanwhile is lost."""
    STREAM_DEAF = "stream_deaf"
    """The socket says nothing for a while, and nobody notices."""
    OUTAGE = "outage"
    """For a while no request reaches the broker; the socket goes on."""
    TOKEN_TROUBLE = "token_trouble"  # noqa: S105 - a name
    """For a while the token is refused and no other is given out."""
    NO_ANSWER = "no_answer"
    """A question fails."""
    BLIND = "blind"
    """For minutes one kind of question is not answered."""
    ANSWER_LATE = "answer_late"
    """The answer to a question describes the moment it was asked, and comes seconds later."""
    STALE_BALANCE = "stale_balance"
    """The balance of the last time is served again, however old it is."""
    PARTIAL_BALANCE = "partial_balance"
    """The cash is right, but some of the holdings are missing, and nothing says so."""
    BALANCE_STUCK = "balance_stuck"
    """For a minute to an hour every balance is the one of its beginning."""
    HOLDINGS_EMPTY = "holdings_empty"
    """For a minute to an hour the balance shows its cash and not one holding."""
    HOLDINGS_DOUBLED = "holdings_doubled"
    """For a minute to an hour the balance has every holding twice."""
    HOLDINGS_BLANK = "holdings_blank"
    """For a minute to an hour the quantities of the balance are blank: it cannot be read."""
    LIST_LATE = "list_late"
    """An order's row is in the order list only some seconds after the order was taken."""
    STALE_INQUIRY = "stale_inquiry"
    """The order inquiry of the last time is served again, up to ten seconds old."""
    PARTIAL_INQUIRY = "partial_inquiry"
    """The latest orders are missing from the inquiry, and nothing says so."""
    OWNER_TRADE = "owner_trade"
    """The owner trades on the account by phone, with shares of his own."""
    OWNER_MEDDLES = "owner_meddles"
    """The owner sells shares that a book of ours holds, or cancels or amends an order of ours."""
    OWNER_ALIKE = "owner_alike"
    """The owner orders by phone what looks like an order of ours that is on its way, or nearly."""
    OPERATOR = "operator"
    """A person halts, flattens or resumes."""
    BOOK_FAILS = "book_fails"
    """The code of one book raises something, wherever it is called next."""
    BOOK_PAUSED = "book_paused"
    """A person lets one book buy nothing for a while."""
    SHARES_MOVED = "shares_moved"
    """A person puts shares into another book, out of the owner's or into it."""
    BY_HAND = "by_hand"
    """A person orders, amends or cancels through the trader."""
    BY_HAND_TWICE = "by_hand_twice"
    """A person's order comes a second time at once, under another ticket."""
    HAND_SLIPS = "hand_slips"
    """A person orders far too much, far below the market, or more of what is there already."""
    MOVED_RASHLY = "moved_rashly"
    """A person moves shares whose book trades on, or under an order of it."""
    BOOK_SOLD = "book_sold"
    """A person sells out one book."""
    ORDERED_OTHERWISE = "ordered_otherwise"
    """A person's order is of another kind, or goes to another exchange."""
    DAY_UNKNOWN = "day_unknown"
    """The exchange closes on a day, or opens on one, on which our calendar says otherwise."""
    UNIT_CHANGED = "unit_changed"
    """Overnight a share becomes something else: a split, rights that leave it, another code."""
    LEDGER_FAILS = "ledger_fails"
    """The ledger cannot be written: nothing of the step is durable, and the process ends."""
    LEDGER_AWAY = "ledger_away"
    """The database of the ledger is away for seconds to minutes; a write may be unconfirmed."""
    LEDGER_VANISHES = "ledger_vanishes"
    """The file of the ledger is moved away while the process runs, and put back as it was."""
    LEDGER_REPLACED = "ledger_replaced"
    """Another file is written over that of the ledger, and the right one put back later."""
    LEDGER_EMPTIED = "ledger_emptied"
    """The file is gone, and the process is started on an empty one before the right one is back."""
    LEDGER_OLDER = "ledger_older"
    """The file is gone, and the process is started on an older copy before the right one is back.
    """
    CRASH = "crash"
    """The process is killed between two instants, or at a write or a command."""


ORDER = (
    Hazard.NEVER_SENT,
    Hazard.SENT_LATE,
    Hazard.SENT_VERY_LATE,
    Hazard.REPLY_LOST,
    Hazard.REPLY_LATE,
    Hazard.THROTTLED,
    Hazard.TOKEN_REFUSED,
    Hazard.UNSENT,
    Hazard.FAILED_BEFORE,
    Hazard.REFUSED,
    Hazard.REFUSED_CASH,
    Hazard.REFUSED_SHARES,
    Hazard.REFUSED_SESSION,
    Hazard.REFUSED_HALTED,
    Hazard.REFUSED_CODE,
    Hazard.REFUSED_PRICE,
)
NOTICE = (Hazard.NOTICE_DROPPED, Hazard.NOTICE_TWICE, Hazard.NOTICE_LATE)
PRICE = (
    Hazard.PRICE_ZERO,
    Hazard.PRICE_NEGATIVE,
    Hazard.PRICE_BEYOND,
    Hazard.PRICE_JUMPED,
)
QUESTION = (Hazard.NO_ANSWER, Hazard.ANSWER_LATE)
BALANCE = (Hazard.STALE_BALANCE, Hazard.PARTIAL_BALANCE)
LASTING = (
    Hazard.BALANCE_STUCK,
    Hazard.HOLDINGS_EMPTY,
    Hazard.HOLDINGS_DOUBLED,
    Hazard.HOLDINGS_BLANK,
)
"""Balances that are wrong for long; they come by themselves."""
INQUIRY = (Hazard.STALE_INQUIRY, Hazard.PARTIAL_INQUIRY)

ROUGH: Mapping[Hazard, float] = {
    Hazard.NEVER_SENT: 0.04,
    Hazard.SENT_LATE: 0.02,
    Hazard.SENT_VERY_LATE: 0.005,
    Hazard.REPLY_LOST: 0.06,
    Hazard.REPLY_LATE: 0.05,
    Hazard.THROTTLED: 0.03,
    Hazard.TOKEN_REFUSED: 0.01,
    Hazard.UNSENT: 0.01,
    Hazard.FAILED_BEFORE: 0.01,
    Hazard.REFUSED: 0.01,
    Hazard.REFUSED_CASH: 0.005,
    Hazard.REFUSED_SHARES: 0.005,
    Hazard.REFUSED_SESSION: 0.005,
    Hazard.REFUSED_HALTED: 0.005,
    Hazard.REFUSED_CODE: 0.001,
    Hazard.REFUSED_PRICE: 0.002,
    Hazard.THROTTLING: 0.2,
    Hazard.TRADING_HALT: 0.05,
    Hazard.CANCEL_LOST: 0.2,
    Hazard.AMEND_LOST: 0.2,
    Hazard.NOTICE_DROPPED: 0.05,
    Hazard.NOTICE_TWICE: 0.05,
    Hazard.NOTICE_LATE: 0.05,
    Hazard.NOTICE_BLANK: 0.02,
    Hazard.PRICE_ZERO: 0.005,
    Hazard.PRICE_NEGATIVE: 0.005,
    Hazard.PRICE_BEYOND: 0.005,
    Hazard.PRICE_JUMPED: 0.005,
    Hazard.PRICE_OLD: 0.005,
    Hazard.STREAM_GAP: 0.3,
    Hazard.STREAM_DEAF: 0.1,
    Hazard.OUTAGE: 0.05,
    Hazard.TOKEN_TROUBLE: 0.05,
    Hazard.NO_ANSWER: 0.1,
    Hazard.BLIND: 0.1,
    Hazard.ANSWER_LATE: 0.05,
    Hazard.STALE_BALANCE: 0.05,
    Hazard.PARTIAL_BALANCE: 0.03,
    Hazard.BALANCE_STUCK: 0.01,
    Hazard.HOLDINGS_EMPTY: 0.01,
    Hazard.HOLDINGS_DOUBLED: 0.005,
    Hazard.HOLDINGS_BLANK: 0.005,
    Hazard.LIST_LATE: 0.05,
    Hazard.STALE_INQUIRY: 0.05,
    Hazard.PARTIAL_INQUIRY: 0.03,
    Hazard.OWNER_TRADE: 0.2,
    Hazard.OWNER_MEDDLES: 0.1,
    Hazard.OPERATOR: 0.1,
    Hazard.BOOK_FAILS: 0.02,
    Hazard.BOOK_PAUSED: 0.1,
    Hazard.SHARES_MOVED: 0.1,
    Hazard.BY_HAND: 0.5,
    Hazard.DAY_UNKNOWN: 0.2,
    Hazard.UNIT_CHANGED: 0.4,
    Hazard.LEDGER_FAILS: 0.001,
    Hazard.LEDGER_AWAY: 0.05,
    Hazard.LEDGER_VANISHES: 0.02,
    Hazard.LEDGER_REPLACED: 0.02,
    Hazard.LEDGER_EMPTIED: 0.03,
    Hazard.LEDGER_OLDER: 0.02,
    Hazard.CRASH: 0.1,
}
"""Chance per order, notice, question, search or write; of what comes by itself: per minute; of what
comes overnight: per name and night."""

_UNCOMMON = frozenset(
    {
        *PRICE,
        *LASTING,
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
        Hazard.PRICE_OLD,
        Hazard.BLIND,
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
COMMON: Mapping[Hazard, float] = {one: r for one, r in ROUGH.items() if one not in _UNCOMMON}
"""Those of the wire, of people and of the process, for a short time that is about something else:
the others would hide what it is for."""

_ASIDE = (
    Hazard.NOTICE_BLANK,
    Hazard.LEDGER_REPLACED,
    Hazard.LEDGER_EMPTIED,
    Hazard.OWNER_ALIKE,
    Hazard.BY_HAND_TWICE,
    Hazard.HAND_SLIPS,
    Hazard.MOVED_RASHLY,
    Hazard.BOOK_SOLD,
)
LATER: Mapping[Hazard, str] = {
    **dict.fromkeys(_ASIDE, "aside"),
    Hazard.LEDGER_OLDER: "apart",
    Hazard.ORDERED_OTHERWISE: "otherwise",
}
"""Names of the dice of hazards that came when seeds were known already.

The next one gets a name of its own: so it changes nothing else where it does not strike.
"""

CALM: Mapping[Hazard, float] = {}
"""Nothing goes wrong."""


@dataclass(slots=True)
class Hazards:
    """Draws what goes wrong.

    Args:
        seed: of all dice.
        rates: chance of each hazard where it is possible.
    """

    seed: int
    rates: Mapping[Hazard, float]
    struck: Counter[Hazard] = field(default_factory=Counter)
    dice: Random = field(init=False)
    """Of all that is not in `LATER`."""
    _later: dict[str, Random] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)

    def dice_of(self, hazard: Hazard) -> Random:
        """Return the dice that decide when a hazard strikes, and how."""
        name = LATER.get(hazard)
        if name is None:
            return self.dice
        if name not in self._later:
            self._later[name] = Random(f"{name} of {self.seed}")
        return self._later[name]

    def strike(self, *possible: Hazard) -> Hazard | None:
        """Return which of the hazards happens now, if any; at most one does."""
        draw = self.dice.random()
        for hazard in possible:
            rate = self.rates.get(hazard, 0.0)
            if draw < rate:
                self.struck[hazard] += 1
                return hazard
            draw -= rate
        return None

    def strikes(self, hazard: Hazard) -> bool:
        """Whether a hazard happens now, by dice of its own."""
        rate = self.rates.get(hazard, 0.0)
        struck = rate > 0 and self.dice_of(hazard).random() < rate
        self.struck[hazard] += struck
        return struck

    def even(self) -> bool:
        """Throw a coin."""
        return self.dice.random() < 0.5  # noqa: PLR2004 - even odds

    def seconds(self, least: float, most: float) -> float:
        """Draw a duration."""
        return self.dice.uniform(least, most)

    def until_next(self, hazard: Hazard) -> float | None:
        """Draw the seconds until a hazard that has a rate per minute; None when it never comes."""
        rate = self.rates.get(hazard, 0.0)
        return self.dice_of(hazard).expovariate(rate / 60) if rate else None
