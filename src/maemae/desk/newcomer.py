"""An empty ledger on an account on which something was traded: it may be the wrong ledger.

One that was deleted, moved or set to another place leaves orders and positions of which the new one
knows nothing; to trade on would buy again what is held. So strategies buy nothing until the owner
says so, whatever the settings say of the start.
"""

from maemae.desk.events import Balance, Executions, LedgerMissed
from maemae.desk.records import EMPTY_LEDGER, Halt, Halted, Incident
from maemae.desk.turn import Turn


class Newcomer:
    """Judges the account at the start of a ledger that knows neither an order nor a person's word.

    What the first balance and the first list of orders show of today was there before us; what
    comes later may be the owner's, who trades beside us, and is judged as such.
    """

    def __init__(self) -> None:
        self._balance = self._orders = False
        """Whether they still have to be looked at."""

    def started(self, turn: Turn) -> None:
        """Begin to judge, where nobody has said yet that this ledger may buy."""
        self._balance = self._orders = not turn.state.begun or turn.state.unconfirmed

    def balance(self, turn: Turn, event: Balance) -> None:
        """Look whether shares were bought or sold today."""
        if self._looks(turn, self._balance) and event.traded:
            self._doubt(turn, f"{event.traded:,} won")
        self._balance = self._balance and event.traded is None

    def executions(self, turn: Turn, event: Executions) -> None:
        """Look whether there are orders of today."""
        if self._looks(turn, self._orders) and event.rows:
            self._doubt(turn, ", ".join(sorted({row.code for row in event.rows})))
        self._orders = False

    def missed(self, turn: Turn, event: LedgerMissed) -> None:
        """Take in that an earlier trader of this account had a ledger of which nothing is here."""
        self._doubt(turn, event.detail)

    def _looks(self, turn: Turn, wanted: bool) -> bool:
        return wanted and not turn.state.blotter.orders

    def _doubt(self, turn: Turn, detail: str) -> None:
        if turn.state.halt_reason == EMPTY_LEDGER and turn.state.unconfirmed:
            return
        turn.record(Incident(at=turn.at, kind=EMPTY_LEDGER, detail=detail))
        if turn.state.halt is Halt.NONE or turn.state.unconfirmed:
            turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=EMPTY_LEDGER))
