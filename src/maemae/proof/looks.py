"""How many balances lacked shares before a book gave them up.

One balance is one witness, and two with the same page missing are not many: whatever protects a
position ends when it is written off.
"""

from collections import Counter

from maemae.desk.events import Balance
from maemae.desk.records import PositionLost
from maemae.desk.state import State
from maemae.proof.bounds import must

LOOKS = 5
"""So many balances must have lacked shares of ours before they are given up."""


class Looks:
    """Counts the balances of one life of the process that lacked shares of ours, by code."""

    def __init__(self) -> None:
        self._fresh: list[Balance] = []
        self._short: Counter[str] = Counter()

    def begin_life(self) -> None:
        """Forget what a process was told that is gone."""
        self._fresh.clear()
        self._short.clear()

    def told(self, balance: Balance) -> None:
        """Note a balance that is about to be heard."""
        self._fresh.append(balance)

    def lost(self, record: PositionLost) -> None:
        """Check that shares were looked for often enough; what was just heard counts in full.

        Raises:
            InvariantError: too few balances lacked them.
        """
        looks = self._short[record.code] + len(self._fresh)
        said = f"{record.quantity} of {record.code} are given up, {looks} balances lacked shares"
        must(looks >= LOOKS, said)

    def check(self, state: State) -> None:
        """Take in the balances that came, at the end of a step."""
        if not self._fresh:
            return
        ours = state.portfolio.holdings()
        for balance in self._fresh:
            shown: Counter[str] = Counter()
            for one in balance.holdings:
                shown[one.code] += one.quantity
            self._short.update(code for code, held in ours.items() if shown[code] < held)
        self._fresh.clear()
