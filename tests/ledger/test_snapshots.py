"""A snapshot and the facts since are what all facts add up to; what does not match is not used."""

import os
import signal
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.image import image_of
from maemae.i18n import set_language
from maemae.ledger import schema, snapshots
from maemae.ledger.fold import DamagedDayError, Day, Fold
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import Unfit, days_of, keep, kept, known, told
from maemae.ledger.verify import verify
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

ACCOUNT, OTHER = "50000000-07", "50000000-08"
MONDAY = date(2026, 11, 23)
DAYS = [MONDAY + timedelta(days=n) for n in range(5)]
COSTS = CostRules.REAL


def facts_of(day: date, cash: int = 10_000_000) -> list[rec.Record]:
    """A day on which two books sell what they have bought, one with a loss."""
    at = datetime.combine(day, datetime.min.time(), KST).replace(hour=9)
    found: list[rec.Record] = [rec.DayOpened(at=at, day=day, cash=cash)]
    number = 0
    for book, sold_at in (("one", 10_500), ("two", 9_000)):
        for side, price in ((Side.BUY, 10_000), (Side.SELL, sold_at)):
            number += 1
            intent = f"{day:%Y%m%d}-{number:05}"
            found += [
                rec.Intended(
                    at=at, intent=intent, book=book, side=side, quantity=10, reason="signal",
                    listed=rec.Listed(code="005930", name="삼성전자"), reserve=200_000,
                ),
                rec.Accepted(at=at, intent=intent, order_no=number),
                rec.Filled(at=at, intent=intent, quantity=10, amount=10 * price, executed=at),
            ]  # fmt: skip
    return [*found, rec.DayClosed(at=at, day=day)]


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url: str | Path = tmp_path / "ledger.sqlite"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres")
    with Ledger(url, ACCOUNT) as opened:
        yield opened
        with opened.writing() as connection:  # The server is that of other tests, too.
            for table in schema.metadata.tables.values():
                connection.execute(delete(table).where(table.c.account.in_([ACCOUNT, OTHER])))


def whole(ledger: Ledger) -> Fold:
    fold = Fold.empty(COSTS)
    for number, record in ledger.entries():
        fold.take(number, record)
    return fold


def days(ledger: Ledger, fold: Fold) -> list[Day]:
    return days_of(ledger, fold, DAYS[0], DAYS[-1])


def lived(ledger: Ledger, *kept_on: date) -> None:
    """Let days pass; after some of them a snapshot is kept."""
    for day in DAYS:
        ledger.append(facts_of(day))
        if day in kept_on:
            keep(ledger, known(ledger, COSTS).fold)


@pytest.mark.parametrize("kept_on", [(), DAYS[:1], DAYS[1:3], DAYS])
def test_it_is_what_all_facts_add_up_to(ledger: Ledger, kept_on: list[date]) -> None:
    lived(ledger, *kept_on)
    found, true = known(ledger, COSTS), whole(ledger)
    assert found.unfit is None
    assert (kept(ledger, COSTS)[0].seen > 0) is bool(kept_on)
    assert image_of(found.state) == image_of(true.state)
    assert found.fold.seen == true.seen
    assert days(ledger, found.fold) == days(ledger, true)
    assert [day.day for day in days(ledger, true)] == DAYS
    assert {sold.book: sold.wins for sold in days(ledger, true)[0].sold} == {"one": 1, "two": 0}


def test_only_what_is_new_is_read(ledger: Ledger) -> None:
    lived(ledger, *DAYS[:4])
    steps: list[int] = []
    known(ledger, COSTS, lambda: steps.append(1))
    assert len(steps) == len(facts_of(DAYS[4]))


def test_a_day_goes_on_after_its_snapshot(ledger: Ledger) -> None:
    """A fill of the evening belongs to the day that was kept already."""
    facts = facts_of(DAYS[0])
    ledger.append(facts[:6])
    keep(ledger, known(ledger, COSTS).fold)
    ledger.append(facts[6:])
    keep(ledger, known(ledger, COSTS).fold)
    ledger.append(facts_of(DAYS[1]))
    assert days(ledger, known(ledger, COSTS).fold) == days(ledger, whole(ledger))


def test_accounts_do_not_mix(ledger: Ledger, tmp_path: Path) -> None:
    lived(ledger, *DAYS)
    with Ledger(ledger._url, OTHER) as other:
        other.append(facts_of(DAYS[0], cash=5))
        keep(other, known(other, COSTS).fold)
        other.append(facts_of(DAYS[1], cash=5))
        keep(other, known(other, COSTS).fold)
    assert days(ledger, known(ledger, COSTS).fold) == days(ledger, whole(ledger))
    assert known(ledger, COSTS).unfit is None


def test_one_of_another_program_or_other_costs_is_not_used(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(ledger, *DAYS)
    assert kept(ledger, CostRules.VIRTUAL)[0].seen == 0
    assert known(ledger, CostRules.VIRTUAL).unfit is None
    monkeypatch.setattr(snapshots, "_code", lambda: "an older one")
    found = known(ledger, COSTS)
    assert (kept(ledger, COSTS)[0].seen, found.unfit) == (0, None)
    keep(ledger, found.fold)  # In its place, with all its days.
    assert days(ledger, known(ledger, COSTS).fold) == days(ledger, whole(ledger))
    assert kept(ledger, COSTS)[0].seen == whole(ledger).seen


def test_files_that_an_upgrade_puts_there_meanwhile_are_not_what_made_it(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code that runs is the one of the start, when nothing was kept yet."""
    (tmp_path / "state.py").write_text("old")
    monkeypatch.setattr(snapshots, "files", lambda _: tmp_path)
    monkeypatch.setattr(snapshots, "_code", cache(snapshots._code.__wrapped__))
    lived(ledger)
    fold = known(ledger, COSTS).fold
    (tmp_path / "state.py").write_text("new")
    keep(ledger, fold)
    assert kept(ledger, COSTS)[0].seen == fold.seen
    snapshots._code.cache_clear()  # A process of the new code.
    assert kept(ledger, COSTS)[0].seen == 0


@pytest.mark.parametrize(
    "values",
    [
        {"body": schema.snapshots.c.body + " "},
        {"seq": schema.snapshots.c.seq - 1},
        {"days": schema.snapshots.c.days + 1},
        {"digest": "0"},
    ],
)
def test_a_damaged_one_is_not_used(ledger: Ledger, values: dict[str, object]) -> None:
    lived(ledger, *DAYS)
    with ledger.writing() as connection:
        connection.execute(update(schema.snapshots).values(values))
    found = known(ledger, COSTS)
    assert found.unfit is Unfit.DAMAGED
    assert image_of(found.state) == image_of(whole(ledger).state)


def test_a_kept_day_that_is_missing_or_damaged_is_noticed(ledger: Ledger) -> None:
    lived(ledger, *DAYS)
    fold = known(ledger, COSTS).fold
    with ledger.writing() as connection:
        connection.execute(update(schema.days).values(body="{}"))
    with pytest.raises(DamagedDayError):
        days(ledger, fold)
    with ledger.writing() as connection:
        connection.execute(delete(schema.days).where(schema.days.c.day == f"{DAYS[1]}"))
    assert known(ledger, COSTS).unfit is Unfit.DAMAGED


def test_one_of_another_journal_is_not_used(ledger: Ledger) -> None:
    """An older copy of the journal beside a newer snapshot: what it lacks is not believed."""
    lived(ledger, *DAYS)
    last = ledger.mark()
    assert last is not None
    with ledger.writing() as connection:
        connection.execute(delete(schema.journal).where(schema.journal.c.seq == last.seq))
    found = known(ledger, COSTS)
    assert found.unfit is Unfit.FOREIGN
    assert image_of(found.state) == image_of(whole(ledger).state)


def test_a_kill_in_the_middle_leaves_the_one_before(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is gone with the old one deleted and the new one not written."""
    lived(ledger, DAYS[2])
    before = kept(ledger, COSTS)[0].seen
    url = ledger._url
    child = os.fork()
    if child == 0:
        with Ledger(url, ACCOUNT) as dying:
            fold = known(dying, COSTS).fold
            kill = partial(os.kill, os.getpid(), signal.SIGKILL)
            monkeypatch.setattr(snapshots, "_digest_of", lambda _: kill())
            keep(dying, fold)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert (kept(ledger, COSTS)[0].seen, known(ledger, COSTS).unfit) == (before, None)
    assert days(ledger, known(ledger, COSTS).fold) == days(ledger, whole(ledger))


def test_a_power_cut_at_any_byte_of_it_leaves_the_one_before(tmp_path: Path) -> None:
    """Of what SQLite has not synced any part may be missing, or be zeros."""
    file, image = tmp_path / "ledger.sqlite", tmp_path / "image.sqlite"
    log = Path(f"{file}-wal")
    with Ledger(file, ACCOUNT) as ledger:
        lived(ledger, DAYS[2])
        first = kept(ledger, COSTS)[0].seen
        end, synced = whole(ledger), log.stat().st_size
        keep(ledger, known(ledger, COSTS).fold)
        content, database = log.read_bytes(), file.read_bytes()
        assert len(content) > synced, "the snapshot went into the log"
    found = set()
    for cut in [*range(synced, len(content), 512), len(content)]:
        for tail in (b"", bytes(len(content) - cut)):
            image.write_bytes(database)
            Path(f"{image}-wal").write_bytes(content[:cut] + tail)
            with Ledger(image, ACCOUNT) as after:
                fold, unfit = kept(after, COSTS)
                assert unfit is None
                found.add(fold.seen)
                assert image_of(known(after, COSTS).state) == image_of(end.state)
                assert days(after, known(after, COSTS).fold) == days(after, end)
            for ending in ("-wal", "-shm"):
                Path(f"{image}{ending}").unlink(missing_ok=True)
    assert found == {first, end.seen}


def test_the_whole_fold_is_held_against_it(ledger: Ledger) -> None:
    lived(ledger)
    first, second = verify(ledger, COSTS), verify(ledger, COSTS)
    count = len(facts_of(MONDAY)) * len(DAYS)
    assert (first.facts, first.days, first.snapshot, first.renewed) == (count, 5, 0, True)
    assert (second.unfit, second.renewed) == (None, False)
    assert second.snapshot == known(ledger, COSTS).fold.seen


@pytest.mark.parametrize("wrong", ["cash", "day"])
def test_one_that_differs_is_found_and_made_anew(ledger: Ledger, wrong: str) -> None:
    lived(ledger, *DAYS[:3])
    fold = known(ledger, COSTS).fold
    if wrong == "cash":
        fold.state.other_cash += 1
    else:
        [finished] = fold.finished[:1]
        fold.finished[0] = type(finished)(finished.opened, finished.day, finished.body + b" ")
    keep(ledger, fold)
    assert known(ledger, COSTS).unfit is None, "it is whole, and wrong"
    found = verify(ledger, COSTS)
    assert (found.unfit, found.renewed) == (Unfit.DIFFERS, True)
    assert verify(ledger, COSTS).unfit is None


def test_an_empty_ledger_has_none(ledger: Ledger) -> None:
    keep(ledger, known(ledger, COSTS).fold)
    verdict = verify(ledger, COSTS)
    assert (verdict.facts, verdict.snapshot, verdict.renewed) == (0, 0, False)


@pytest.mark.parametrize("unfit", Unfit)
def test_what_is_wrong_is_said_in_both_languages(unfit: Unfit) -> None:
    english = told(unfit)
    set_language("ko")
    assert told(unfit) != english
