"""What a person answers who knows what became of shares overnight."""

from maemae.desk.records import UnitDoubted
from maemae.exchange.accounts import Account
from maemae.market.kinds import Side
from maemae.proof.truth import Truth


def became(doubt: UnitDoubted, truth: Truth, account: Account) -> tuple[int, str]:
    """Return how many shares a name became, and of which name if it is another.

    What others have become of the name in the same night, and what was traded since, is no answer.
    """
    code, day = doubt.code, doubt.at.date()
    if 0 < truth.held(code) <= truth.taken[code] and not account.held(code):
        return 0, ""
    into = truth.became.get((code, day))
    if into is None:
        return max(1, account.held(code) - _traded(account, code) - truth.came(code, day)), ""
    if not into:
        return 0, ""  # Less than a share was left of it, and is paid out.
    name = code if code in into else next(iter(into))
    return into[name], "" if name == code else name


def _traded(account: Account, code: str) -> int:
    """Return the shares of a name that were bought today, less those sold."""
    orders = (one for one in account.orders.values() if one.code == code)
    return sum(one.filled if one.side is Side.BUY else -one.filled for one in orders)
