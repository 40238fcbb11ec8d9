"""The ledger under arbitrary use: what `append` returned from is there after every reopening and
every crash, what it did not return from is not, and the tables add up to the journal."""

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.image import image_of
from maemae.desk.orders import LIVE, OrderState
from maemae.desk.state import State
from maemae.errors import LedgerError
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import keep, known
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

ACCOUNT, OTHER = "50000000-01", "50000000-02"
START = datetime(2026, 11, 20, 9, tzinfo=KST)
INDEX = st.integers(0, 50)
S = OrderState


class LedgerUnderUse(RuleBasedStateMachine):
    """A ledger, and the facts that it must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="maemae-ledger-"))
        self.copies = 0
        self.file = self.folder / "ledger.sqlite"
        self.ledger = Ledger(self.file, ACCOUNT)
        self.now = START
        self.state = State(CostRules.REAL)
        self.written: list[rec.Record] = []
        self.waiting: list[rec.Record] = []
        self._fact(rec.DayOpened(at=START, day=START.date(), cash=10**9))

    def teardown(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)

    # Facts, as a desk would state them.

    @rule(side=st.sampled_from(Side), quantity=st.integers(1, 9), limit=st.booleans())
    def intend(self, side: Side, quantity: int, limit: bool) -> None:
        intent = f"{len(self.state.blotter.orders):05}"
        self._fact(
            rec.Intended(
                at=self.now,
                intent=intent,
                book="b" if side is Side.BUY else rec.OWNER,
                side=side,
                listed=rec.Listed(code="005930", name="삼성전자"),
                quantity=quantity,
                price=1_000 if limit else None,
                reason="test",
            )
        )

    @precondition(lambda self: self._orders(S.INTENDED, S.UNKNOWN))
    @rule(which=INDEX, what=st.sampled_from(["accepted", "refused", "lost", "never"]))
    def answer(self, which: int, what: str) -> None:
        intent, before = self._choose(which, S.INTENDED, S.UNKNOWN)
        number = len(self.state.blotter.by_number) + 1
        if what == "accepted":
            self._fact(rec.Accepted(at=self.now, intent=intent, order_no=number))
        elif what == "refused":
            self._fact(rec.Refused(at=self.now, intent=intent, code="X", message="no"))
        elif before is S.INTENDED:
            self._fact(rec.Lost(at=self.now, intent=intent, reason="timeout"))
        elif what == "never":
            self._fact(rec.NeverArrived(at=self.now, intent=intent))

    @precondition(lambda self: self._orders(S.WORKING))
    @rule(which=INDEX, part=st.integers(1, 9), price=st.integers(1, 2_000))
    def fill(self, which: int, part: int, price: int) -> None:
        intent, _ = self._choose(which, S.WORKING)
        quantity = min(part, self.state.blotter.order(intent).remaining)
        self._fact(
            rec.Filled(
                at=self.now,
                intent=intent,
                quantity=quantity,
                amount=quantity * price,
                executed=self.now,
            )
        )

    @precondition(lambda self: self._orders(S.WORKING))
    @rule(which=INDEX, cancelled=st.booleans())
    def end(self, which: int, cancelled: bool) -> None:
        intent, _ = self._choose(which, S.WORKING)
        self._fact(rec.Ended(at=self.now, intent=intent, cancelled=cancelled))

    @precondition(lambda self: self._orders(S.WORKING))
    @rule(which=INDEX, price=st.integers(1, 2_000))
    def amend(self, which: int, price: int) -> None:
        intent, _ = self._choose(which, S.WORKING)
        number = len(self.state.blotter.by_number) + 1
        self._fact(rec.Amended(at=self.now, intent=intent, order_no=number, price=price))

    @rule(reason=st.text(max_size=20))
    def remark(self, reason: str) -> None:
        self._fact(rec.Incident(at=self.now, kind="test", detail=reason))

    # What is done to the ledger.

    @rule()
    def append(self) -> None:
        self.ledger.append(self.waiting)
        self.written += self.waiting
        self.waiting = []

    @rule()
    def append_what_cannot_be(self) -> None:
        """The last fact of a step does not do: nothing of the step is written."""
        orders = [r for r in [*self.written, *self.waiting] if isinstance(r, rec.Intended)]
        if orders:
            try:
                self.ledger.append([*self.waiting, orders[0], orders[0]])
            except LedgerError:
                return
            raise AssertionError("an intent was written twice")

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.file, ACCOUNT)

    @rule()
    def crash(self) -> None:
        """Killed: the files are as they are at this moment, nothing is closed."""
        self.copies += 1
        place = self.folder / str(self.copies)
        place.mkdir()
        for file in self.folder.glob("ledger.sqlite*"):
            shutil.copy(file, place)
        self.ledger.close()
        for file in place.iterdir():
            shutil.copy(file, self.folder)
        self.ledger = Ledger(self.file, ACCOUNT)
        self.ledger.check()

    @rule()
    def another_account_writes(self) -> None:
        with Ledger(self.file, OTHER) as other:
            other.append([rec.Incident(at=self.now, kind="other", detail="")])

    @rule()
    def keep_a_snapshot(self) -> None:
        keep(self.ledger, known(self.ledger, CostRules.REAL).fold)

    # What must hold.

    @invariant()
    def a_snapshot_and_the_facts_since_are_what_all_facts_add_up_to(self) -> None:
        whole = State(CostRules.REAL)
        for record in self.written:
            whole.apply(record)
        found = known(self.ledger, CostRules.REAL)
        assert found.unfit is None
        assert image_of(found.state) == image_of(whole)

    @invariant()
    def everything_written_is_there_in_order_and_nothing_else(self) -> None:
        assert list(self.ledger.records()) == self.written

    @invariant()
    def orders_and_fills_are_what_the_facts_add_up_to(self) -> None:
        state = State(CostRules.REAL)
        for record in self.written:
            state.apply(record)
        shown = {
            o.intent: (o.state, o.order_no, o.price, o.filled, o.amount)
            for o in self.ledger.orders()
        }
        assert shown == {
            o.intent: (o.state.value, o.order_no, o.price, o.filled, o.amount)
            for o in state.blotter.orders.values()
        }
        fills = [r for r in self.written if isinstance(r, rec.Filled)]
        lines = self.ledger.fills()
        assert [(f.intent, f.quantity, f.amount) for f in lines] == [
            (f.intent, f.quantity, f.amount) for f in fills
        ]

    @invariant()
    def numbers_of_the_journal_only_grow(self) -> None:
        numbers = [number for number, _ in self.ledger.entries()]
        assert numbers == sorted(set(numbers))
        if numbers:
            middle = numbers[len(numbers) // 2]
            rest = [number for number, _ in self.ledger.entries(after=middle)]
            assert rest == [number for number in numbers if number > middle]

    def _fact(self, record: rec.Record) -> None:
        self.state.apply(record)
        self.waiting.append(record)
        self.now += timedelta(seconds=1)

    def _orders(self, *states: OrderState) -> list[tuple[str, OrderState]]:
        assert set(states) <= LIVE
        return [
            (o.intent, o.state) for o in self.state.blotter.orders.values() if o.state in states
        ]

    def _choose(self, which: int, *states: OrderState) -> tuple[str, OrderState]:
        found = self._orders(*states)
        return found[which % len(found)]


LedgerUnderUse.TestCase.settings = settings(max_examples=25, stateful_step_count=40)
TestLedgerUnderUse = LedgerUnderUse.TestCase
