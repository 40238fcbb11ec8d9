"""A trader begins at the snapshot of the last close, and keeps one at each."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.ledger.test_snapshots import ACCOUNT, DAYS, facts_of
from tests.trader.days import SLOW, Bars, Place, place
from tests.trader.test_targets import BARS, MONDAY, targets

from maemae.clock import KST
from maemae.desk.image import image_of
from maemae.desk.records import DayClosed, Incident, Record
from maemae.errors import LedgerError
from maemae.ledger import schema
from maemae.ledger.fold import Fold
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import carry_on, days_of, keep, kept, known
from maemae.ledger.verify import verify
from maemae.trader import folding
from maemae.trader.cost_settings import costs_of
from maemae.trader.folding import UNFIT
from maemae.trader.run import open_run
from maemae.trader.settings import Settings
from maemae.trader.watchdog import UNWATCHED, Progress, Watchdog


def settings(where: Place) -> Settings:
    names = targets(where.folder, "\n".join(["code", "000010", "000040", ""]), **SLOW)
    return where.settings(names)


def ledger_of(where: Place) -> Ledger:
    return Ledger(where.folder / "state" / "ledger-sim.sqlite", "12345678-01")


def told(where: Place) -> list[str]:
    return [
        one.detail for one in where.records() if isinstance(one, Incident) and one.kind == UNFIT
    ]


async def test_the_next_day_goes_on_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        given = settings(where)
        await where.trade(given)
        costs = costs_of(given)
        with ledger_of(where) as ledger:
            fold, _ = kept(ledger, costs)
            records = list(ledger.entries(fold.seen))
            assert fold.state.day == MONDAY
            assert not [one for _, one in records if isinstance(one, DayClosed)]
        await where.go_on()
        read: list[Record] = []
        take = Fold.take

        def counted(self: Any, number: int, record: Record) -> None:
            read.append(record)
            take(self, number, record)

        monkeypatch.setattr(Fold, "take", counted)
        async with open_run(given) as run:
            assert len(read) == len(records)
            run.trader.stop()
            await run.trade()
        await where.trade(given)
        with ledger_of(where) as ledger:
            verdict = verify(ledger, costs)
        assert (verdict.unfit, verdict.days) == (None, 2)
        assert verdict.snapshot > fold.seen
        assert told(where) == []


async def test_one_that_is_damaged_is_said_and_made_anew(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        given = settings(where)
        await where.trade(given)
        file = where.folder / "state" / "ledger-sim.sqlite"
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE snapshots SET body = body || ' '")
        await where.go_on()
        await where.trade(given)
        assert told(where) == ["damaged"]
        with ledger_of(where) as ledger:
            assert verify(ledger, costs_of(given)).unfit is None


async def test_a_desk_that_knows_something_else_than_the_facts_is_said_and_not_kept(
    tmp_path: Path,
) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        given = settings(where)
        async with open_run(given) as run:
            run.trader.desk.state.paused["nobody"] = "test"
            await run.trade()
        assert told(where) == ["desk"]
        with ledger_of(where) as ledger:
            assert kept(ledger, costs_of(given))[0].seen > 0
            assert verify(ledger, costs_of(given)).unfit is None


async def test_a_wrong_snapshot_does_not_outlive_a_close_that_finds_it(tmp_path: Path) -> None:
    """It is whole and of this program: only the desk and all facts can tell."""
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        given = settings(where)
        await where.trade(given)
        await where.go_on()
        async with open_run(given) as run:
            wrong = known(run.ledger, run.venue.costs).fold
            wrong.state.paused["nobody"] = "test"
            keep(run.ledger, wrong)
            await run.trade()
        assert told(where) == ["differs"]
        with ledger_of(where) as ledger:
            assert verify(ledger, costs_of(given)).unfit is None


async def test_a_snapshot_that_the_disk_does_not_take_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerError("disk full")

    monkeypatch.setattr(folding, "keep", full)
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade(settings(where))
        assert any(isinstance(one, DayClosed) for one in where.records())


async def test_a_large_ledger_is_looked_through_while_it_is_traded_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage ends the trader all the same; what it stands on was read before."""
    checked: list[int] = []

    def damaged(self: Ledger, step: object) -> None:
        checked.append(self.size)
        raise LedgerError("page 7 is damaged")

    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        given = settings(where)
        with monkeypatch.context() as small:
            small.setattr(Ledger, "check", damaged)
            with pytest.raises(LedgerError, match="page 7"):
                await where.trade(given)
            assert where.records() == [], "a small one is looked through before"
            small.setattr(folding, "EXAMINED_FIRST", 0)
            with pytest.raises(LedgerError, match="page 7"):
                await where.trade(given)
        assert len(checked) == 2


async def test_how_far_a_long_reading_is_is_said_and_the_watchdog_patted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after an upgrade, when no snapshot counts."""
    file, at = tmp_path / "ledger.sqlite", datetime(2024, 3, 4, 9, tzinfo=KST)
    with Ledger(file, "1") as ledger:
        ledger.append([Incident(at=at, kind="clock", detail=f"{n}") for n in range(10)])
    told: list[str] = []
    monkeypatch.setattr(folding, "TOLD_EVERY", 4)
    monkeypatch.setattr(Watchdog, "status", lambda _, text: told.append(text))
    steps: list[None] = []
    monkeypatch.setattr(Progress, "step", lambda _: steps.append(None))
    with Ledger(file, "1") as ledger:
        await folding.begin(ledger, costs_of(Settings(venue="dry")), UNWATCHED)
    assert len(steps) >= 10
    said = "reading the ledger, as after each upgrade: {} of 10 facts ({} %)"
    assert told == [said.format(4, 40), said.format(8, 80)]
    assert capsys.readouterr().err == "".join(f"maemae: {one}\n" for one in told)


async def test_a_long_reading_is_kept_on_the_way_and_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade: what is kept is not held, and a start that is cut off was not in vain."""
    monkeypatch.setattr(folding, "TOLD_EVERY", 7)
    costs = costs_of(Settings(venue="dry"))
    with Ledger(tmp_path / "ledger.sqlite", ACCOUNT) as ledger:
        for day in DAYS:
            ledger.append(facts_of(day))
        whole = Fold.empty(costs)
        carry_on(ledger, whole)
        take, held = Fold.take, 0

        def dying(self: Fold, number: int, record: Record) -> None:
            nonlocal held
            held = max(held, len(self.finished))
            if number == whole.seen - 3:
                raise InterruptedError
            take(self, number, record)

        with monkeypatch.context() as patch:
            patch.setattr(Fold, "take", dying)
            with pytest.raises(InterruptedError):
                await folding.begin(ledger, costs, UNWATCHED)
        before, unfit = kept(ledger, costs)
        assert (before.seen, unfit) == ((whole.seen - 4) // 7 * 7, None)
        assert held == 1
        found = await folding.begin(ledger, costs, UNWATCHED)
        assert image_of(found.state) == image_of(whole.state)
        assert days_of(ledger, found.fold, DAYS[0], DAYS[-1]) == days_of(
            ledger, whole, DAYS[0], DAYS[-1]
        )
        keep(ledger, found.fold)
        assert verify(ledger, costs).unfit is None


@pytest.mark.parametrize("wrong", ["damaged", "full"])
async def test_nothing_is_let_go_that_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    costs = costs_of(Settings(venue="dry"))
    with Ledger(tmp_path / "ledger.sqlite", ACCOUNT) as ledger:
        for day in DAYS:
            ledger.append(facts_of(day))
        await folding.begin(ledger, costs, UNWATCHED)
        monkeypatch.setattr(folding, "TOLD_EVERY", 7)
        kept_times = 0

        def keeping(*_given: Any) -> None:
            nonlocal kept_times
            kept_times += 1
            if wrong == "full":
                raise LedgerError("no space left")

        if wrong == "damaged":
            keep(ledger, known(ledger, costs).fold)
            with ledger.writing() as connection:
                connection.execute(update(schema.snapshots).values(body="{}"))
        monkeypatch.setattr(folding, "keep", keeping)
        found = await folding.begin(ledger, costs, UNWATCHED)
        assert len(found.fold.finished) == len(DAYS) - 1
        # Kept once at the end, so that it can still be told of one that does not match until then.
        assert kept_times == (1 if wrong == "damaged" else len(list(ledger.entries())) // 7)
