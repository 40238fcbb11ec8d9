"""What a book holds of a name, what it has earned, and how far its plan has come."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from maemae.desk.records import Listed
from maemae.desk.terms import Exits


@dataclass(slots=True)
class Position:
    """Shares of one name in one book. Won throughout; `costs` are the fees paid on buying them."""

    book: str
    listed: Listed
    quantity: int
    paid: int
    costs: int
    exits: Exits
    since: datetime
    high: int
    realised: int = 0
    """Won earned on the shares of it that are sold already, after costs."""
    rights: int = 0
    """Won that rights were worth which have left the shares (권리락): exits do not count their
    loss. Nothing any more once the new shares are there."""

    @property
    def average(self) -> int:
        """Average price paid per share, whole won, costs left out."""
        return self.paid // self.quantity


@dataclass(frozen=True, slots=True)
class Detached:
    """Rights that have left a held name, whose new shares may come later.

    Attributes:
        factor: by which its price fell for them.
        each: won that they were worth for each share.
        shares: of the account that had them; nothing that is bought later has.
    """

    factor: Fraction = Fraction(1)
    each: int = 0
    shares: int = 0


@dataclass(slots=True)
class Result:
    """What a book has earned on a day, in won after all costs, and how its positions ended."""

    realised: int = 0
    wins: int = 0
    losses: int = 0


@dataclass(slots=True)
class Planned:
    """How far the latest plan of a book has come. `over` says how it ended, blank before that."""

    plan: str
    day: date
    prepared: str = ""
    begun: str = ""
    since: datetime | None = None
    over: str = ""


def planned(plans: dict[str, Planned], book: str, plan: str, day: date) -> Planned:
    """Return the plan of a book for a day, a new one if the latest is of an earlier day."""
    known = plans.get(book)
    if known is None or known.day < day:
        known = plans[book] = Planned(plan, day)
    return known
