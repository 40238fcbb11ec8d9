"""An empty ledger on an account on which something was traded: it may be the wrong ledger.

One that was deleted, moved or set to another place leaves orders and positions of which the new one
knows nothing; to trade on would buy again what is held. So strategies buy nothing until the owner
says so, whatever the settings say of the start. An older copy of the right ledger is such a one for
what happened after it was made; it sells what it knows, for somebody has to watch it.
"""

from datetime import datetime

from maemae.desk.events import Balance, Executions, LedgerMissed
from maemae.desk.records import EMPTY_LEDGER, LEDGER_BEHIND, Halt, Halted, Incident
from maemae.desk.turn import Turn


class Newcomer:
    """Judges the account at the start of a ledger that knows neither an order nor a person's word.

    What the first balance and the first list of orders show of today was there before us, and so
    was every order that a later list has from before our start: the first may have been old. Others
    that come later may be the owner's, who trades beside us, and are judged as such.
    """

    def __init__(self) -> None:
        self._balance = self._orders = False
        """Whether they still have to be looked at."""
        self._since: datetime | None = None
        """When this ledger was started on; None where it is known to be the right one."""

    def started(self, turn: Turn) -> None:
        """Begin to judge, where nobody has said yet that this ledger may buy."""
        open_yet = not turn.state.begun or turn.state.unconfirmed
        self._balance = self._orders = open_yet and not _doubted(turn)
        self._since = turn.at if self._orders else None

    def balance(self, turn: Turn, event: Balance) -> None:
        """Look whether shares were bought or sold today."""
        if self._looks(turn, self._balance) and event.traded:
            self._doubt(turn, f"{event.traded:,} won")
        self._balance = self._balance and event.traded is None

    def executions(self, turn: Turn, event: Executions) -> None:
        """Look whether there are orders of today."""
        since = self._since
        before = [row.code for row in event.rows if self._orders or (since and row.ordered < since)]
        if before and self._looks(turn, since is not None):
            self._doubt(turn, ", ".join(sorted(set(before))))
        self._orders = False

    def missed(self, turn: Turn, event: LedgerMissed) -> None:
        """Take in that this ledger lacks what an earlier trader of this account wrote into one."""
        if event.detail != turn.state.behind_accepted:
            empty = not turn.state.blotter.orders and not turn.state.begun
            self._doubt(turn, event.detail, EMPTY_LEDGER if empty else LEDGER_BEHIND)

    def _looks(self, turn: Turn, wanted: bool) -> bool:
        return wanted and not turn.state.blotter.orders

    def _doubt(self, turn: Turn, detail: str, kind: str = EMPTY_LEDGER) -> None:
        self._balance = self._orders = False
        self._since = None
        if _doubted(turn) and detail == turn.state.behind:
            return  # The owner was asked about this, and not about another ledger that is lacking.
        turn.record(Incident(at=turn.at, kind=kind, detail=detail))
        if turn.state.halt is Halt.NONE or turn.state.unconfirmed:
            turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=kind))


def _doubted(turn: Turn) -> bool:
    """Whether the owner was asked, and has not answered yet."""
    doubts = EMPTY_LEDGER, LEDGER_BEHIND
    return turn.state.halt_reason in doubts and turn.state.unconfirmed
