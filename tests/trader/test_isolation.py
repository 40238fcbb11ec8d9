"""A book whose code fails is off alone and said to be; everything else goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.trader.days import Bars, place
from tests.trader.test_several import BARS, books, bought

from maemae.clock import KST, ScaledClock
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.guard import UNBOUND, BookLimits
from maemae.desk.records import BOOK_FAILED, Halt, Listed
from maemae.desk.rules import BookRules, Entry, Purse
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.errors import SettingsError, WireError
from maemae.market.costs import CostRules
from maemae.proof.books import BookError
from maemae.proof.hazards import ROUGH, Hazard
from maemae.proof.simulate import Plan, simulate
from maemae.trader.isolation import IsolatedBook
from maemae.trader.sources.source import Put
from maemae.trader.sources.targets import TargetSource

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=KST)
PURSE = Purse(worth=1_000_000, cash=1_000_000, held=0, wanted=1)


class Code:
    """A book's code, which raises `error` at one place."""

    name, exits = "mine", Exits()
    limits: BookLimits = UNBOUND

    def __init__(self, where: str, error: Exception) -> None:
        self.where, self.error = where, error

    def meet(self, place: str) -> None:
        if place == self.where:
            raise self.error

    def rules(self) -> BookRules:
        self.meet("rules")
        entry = Entry(amount=self.size, names=3, exits=Exits())
        return BookRules(
            entry=entry, search_every=timedelta(minutes=1), signal_every=timedelta(minutes=1)
        )

    def size(self, purse: Purse) -> int:
        self.meet("size")
        return purse.worth

    def source(self) -> "Code":
        self.meet("source")
        return self

    @property
    def watching(self) -> tuple[str, ...]:
        self.meet("watching")
        return ("005930",)

    async def start(self, put: Put) -> None:
        self.meet("start")

    async def stop(self) -> None:
        self.meet("stop")

    def heard(self, price: ev.Price) -> None:
        self.meet("heard")

    def hear(self, said: object) -> None:
        self.meet("hear")

    async def offer(self) -> ev.Candidates | ev.Unavailable:
        self.meet("offer")
        price: Any = 10_000.0 if self.where == "rubbish" else 10_000
        offers = (ev.Candidate(Listed(code="005930"), price),)
        return ev.Candidates(at=NOW, book=self.name, offers=offers)


def resume(state: State, *, level: Halt = Halt.NONE, reason: str = "") -> None:
    state.apply(rec.Halted(at=NOW, level=level, reason=reason, book="mine"))


async def lived(
    code: Code, state: State, *, strict: bool = False
) -> tuple[IsolatedBook, list[Any]]:
    """Do everything that a trader does with a book, once."""
    said: list[Any] = []

    def put(event: ev.Event) -> None:
        said.append(event)
        if isinstance(event, ev.HaltOrdered):
            resume(state, level=event.level, reason=event.reason)

    book = IsolatedBook(code, ScaledClock(NOW, 1), lambda _, error: said.append(error))
    book.connect(state, code.source, strict=strict)
    await book.start(put)
    await book.offer()
    _ = book.watching
    book.heard(ev.Price(at=NOW, code="005930", price=10_000))
    book.hear(object())  # type: ignore[arg-type]
    amount = book.rules.entry.amount
    _ = amount if isinstance(amount, int) else amount(PURSE)
    await book.stop()
    return book, said


PLACES = ("rules", "source", "start", "offer", "rubbish", "watching", "heard", "hear", "size")


@pytest.mark.parametrize("where", PLACES)
async def test_wherever_a_books_code_fails_its_entries_stop_and_it_is_said(where: str) -> None:
    state = State(CostRules.REAL)
    code = Code(where, ZeroDivisionError("division by zero"))
    book, said = await lived(code, state)
    halts = [one for one in said if isinstance(one, ev.HaltOrdered)]
    assert {(one.book, one.level, one.reason) for one in halts} == {
        ("mine", Halt.ENTRIES, BOOK_FAILED)
    }
    (told,) = [one for one in said if isinstance(one, ev.Reported)]
    assert told.kind == BOOK_FAILED
    assert told.detail.startswith("mine: ")
    assert isinstance(await book.offer(), ev.Unavailable)
    assert book.watching == ()
    code.where = ""
    resume(state)
    tried = await book.offer()
    # Rules are read at a start alone: the desk has been told what it trades by.
    assert isinstance(tried, ev.Unavailable if where == "rules" else ev.Candidates)


async def test_what_fails_while_stopping_is_logged_and_nothing_more() -> None:
    _, said = await lived(Code("stop", KeyError("x")), State(CostRules.REAL))
    assert [type(one) for one in said] == [KeyError]


async def test_a_start_lets_a_book_go_on_that_had_failed_but_not_one_that_a_person_paused() -> None:
    for reason, wanted in ((BOOK_FAILED, [Halt.NONE]), ("by hand", [])):
        state = State(CostRules.REAL)
        resume(state, level=Halt.ENTRIES, reason=reason)
        _, said = await lived(Code("", KeyError()), state)
        assert [one.level for one in said if isinstance(one, ev.HaltOrdered)] == wanted


async def test_a_broker_that_cannot_be_asked_is_no_failure_of_the_book() -> None:
    code, said = Code("start", WireError("no answer")), list[Any]()
    book = IsolatedBook(code, ScaledClock(NOW, 1), lambda _, error: said.append(error))
    book.connect(State(CostRules.REAL), code.source)
    await book.start(said.append)
    with pytest.raises(WireError):
        await book.offer()
    code.where = ""
    assert isinstance(await book.offer(), ev.Candidates)
    assert said == []


@pytest.mark.parametrize("where", ["rules", "source", "start"])
async def test_settings_that_do_not_do_are_an_error_for_somebody_who_is_there(where: str) -> None:
    with pytest.raises(SettingsError, match="no such list"):
        await lived(Code(where, SettingsError("no such list")), State(CostRules.REAL), strict=True)
    book, _ = await lived(Code(where, SettingsError("no such list")), State(CostRules.REAL))
    assert book.failed is not None


async def test_one_book_fails_and_the_others_trade_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def offer(self: TargetSource) -> ev.Candidates:
        if "near" in str(self._file):
            raise TypeError("'dict' object cannot be converted")
        return await search(self)

    search = TargetSource.offer
    monkeypatch.setattr(TargetSource, "offer", offer)
    async with place(tmp_path, Bars(BARS), date(2024, 3, 4)) as where:
        await where.trade(where.settings(*books(tmp_path)))
        facts = where.records()
    assert bought(facts).keys() == {"scalper", "far"}
    told = [one for one in facts if isinstance(one, rec.Incident) and one.kind == BOOK_FAILED]
    assert [one.detail for one in told] == ["near: TypeError: 'dict' object cannot be converted"]
    assert "Traceback" in (tmp_path / "logs" / "maemae.log").read_text(encoding="utf-8")


# That the simulation sees it.

OFTEN = Plan(hours=0.1, rates={**ROUGH, Hazard.BOOK_FAILS: 0.3})
AT_ONCE = Plan(hours=0.1, rates={**ROUGH, Hazard.BOOK_FAILS: 1.0})


def test_books_that_fail_all_the_time_break_nothing() -> None:
    outcome = simulate(3, OFTEN)
    assert outcome.violation == ""
    assert outcome.struck[Hazard.BOOK_FAILS] > 0


def test_without_the_wall_one_book_ends_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def open_(_: IsolatedBook) -> Iterator[None]:
        yield

    monkeypatch.setattr(IsolatedBook, "_walled", open_)
    assert BookError.__name__ in simulate(3, AT_ONCE).violation


def test_a_book_that_is_off_in_silence_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IsolatedBook, "_tell", lambda *_: None)
    assert "is not off" in simulate(3, AT_ONCE).violation
