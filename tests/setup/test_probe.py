"""The probe and the simulated exchange prove each other: each switch is found, nothing is left."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import DAY, FixedSource
from tests.trader.days import Place, place

from maemae.clock import KST
from maemae.errors import DataError, SettingsError
from maemae.exchange.accounts import Holding
from maemae.exchange.behaviour import SWITCHES
from maemae.exchange.protocol.keys import Customer
from maemae.kis import KisClient, OrderRequest
from maemae.kis.outcomes import Outcome as Answer
from maemae.market.kinds import Side
from maemae.profile.facts import TWELVE, Fact
from maemae.setup.probe import run
from maemae.setup.probe.hand import MOST_ORDERS, MOST_TIME, Hand
from maemae.setup.probe.run import (
    Outcome,
    check_clean,
    check_time,
    choose,
    clean_up,
    known_of,
    probe,
    sent_path,
)
from maemae.setup.probe.sent import SentFile
from maemae.trader.settings import Settings
from maemae.trader.venue import open_venue

CODE = "000010"


@asynccontextmanager
async def probed(
    folder: Path, denied: Iterable[Fact] = ()
) -> AsyncIterator[tuple[Place, Settings]]:
    async with place(folder, FixedSource(), DAY, time(9, 30), limits=True) as here:
        here.exchange.denied |= set(denied)
        yield here, here.settings(orders="virtual")


def customer(here: Place) -> Customer:
    return next(c for c in here.exchange.customers.values() if c.personality == "virtual")


async def asked(here: Place, settings: Settings) -> Outcome:
    async with open_venue(settings) as venue:
        name, _ = await choose(venue, [CODE])
        return await probe(settings, venue, name)


def verdicts(outcome: Outcome) -> dict[Fact, bool | None]:
    return {one.fact: one.holds for one in outcome.findings}


def nothing_is_left(here: Place, settings: Settings) -> None:
    account = here.exchange.account(customer(here).account)
    assert account is not None
    assert not [order for order in account.orders.values() if order.remaining]
    assert account.held(CODE) == 0
    assert not sent_path(settings).exists()


async def test_it_finds_that_all_holds_and_leaves_nothing(tmp_path: Path) -> None:
    async with probed(tmp_path) as (here, settings):
        outcome = await asked(here, settings)
        assert verdicts(outcome) == dict.fromkeys(SWITCHES, True)
        assert outcome.problems == []
        assert 5 < outcome.orders <= MOST_ORDERS
        assert outcome.seconds <= MOST_TIME.total_seconds()
        assert set(known_of(outcome, DAY)) >= set(TWELVE)
        nothing_is_left(here, settings)


@pytest.mark.parametrize("fact", SWITCHES)
async def test_it_finds_each_switch_of_the_exchange(tmp_path: Path, fact: Fact) -> None:
    async with probed(tmp_path, [fact]) as (here, settings):
        outcome = await asked(here, settings)
        found = verdicts(outcome)
        assert found[fact] is False
        others = {one: holds for one, holds in found.items() if one is not fact}
        assert False not in others.values(), outcome.findings
        assert outcome.problems == []
        nothing_is_left(here, settings)


async def test_several_at_once_are_found_too(tmp_path: Path) -> None:
    denied = {Fact.NOTICES_COME, Fact.BALANCE_PROMPT, Fact.LISTS_ORDERS}
    async with probed(tmp_path, denied) as (here, settings):
        outcome = await asked(here, settings)
        found = verdicts(outcome)
        assert {fact for fact, holds in found.items() if holds is False} >= {
            Fact.NOTICES_COME, Fact.LISTS_ORDERS
        }  # fmt: skip
        assert found[Fact.BALANCE_PROMPT] is not True
        assert outcome.problems == []
        nothing_is_left(here, settings)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("at", range(1, 10))
@pytest.mark.parametrize("after", [False, True])
async def test_a_killed_one_is_cleaned_up_whatever_it_was_about(
    tmp_path: Path, at: int, *, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies at the n-th order, before it leaves or before its reply is noted."""
    order, count = KisClient.order, 0

    async def dies(self: KisClient, request: OrderRequest, *given: Any) -> Answer:
        nonlocal count
        count += 1
        if count < at:
            return await order(self, request, *given)
        if after:
            await order(self, request, *given)
        raise Killed

    async def uncleaned(*_: object) -> list[str]:
        return []

    async with probed(tmp_path) as (here, settings):
        with monkeypatch.context() as dying:
            dying.setattr(KisClient, "order", dies)
            dying.setattr(run, "clean", uncleaned)
            dying.setattr(Hand, "hasty", one_by_one)
            with pytest.raises(Killed):
                await asked(here, settings)
        assert sent_path(settings).stat().st_mode & 0o077 == 0
        with pytest.raises(SettingsError, match="--clean"):
            check_clean(settings)
        async with open_venue(settings) as venue:
            assert await clean_up(settings, venue) == []
        nothing_is_left(here, settings)


async def one_by_one(self: Hand, count: int) -> list[Any]:
    return [await self.order(Side.BUY, self.name.low, hasty=True) for _ in range(count)]


async def test_what_the_owner_has_is_left_alone(tmp_path: Path) -> None:
    async with probed(tmp_path) as (here, settings):
        account = here.exchange.account(customer(here).account)
        assert account is not None
        before = {code: one.quantity for code, one in account.holdings.items()}
        await asked(here, settings)
        assert {code: account.held(code) for code in before} == before


@pytest.mark.parametrize(
    ("moment", "may"),
    [
        ("2024-03-05T09:04", False), ("2024-03-05T09:05", True), ("2024-03-05T15:09", True),
        ("2024-03-05T15:10", False), ("2024-03-02T10:00", False),
    ],
)  # fmt: skip
def test_it_asks_in_continuous_trading_alone(moment: str, *, may: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=KST)
    if may:
        check_time(at)
        return
    with pytest.raises(SettingsError):
        check_time(at)


async def test_a_name_that_moved_far_or_is_held_is_not_chosen(tmp_path: Path) -> None:
    async with probed(tmp_path) as (here, settings), open_venue(settings) as venue:
        with pytest.raises(SettingsError):
            await choose(venue, ["000030"])  # It stands at its upper limit.
        account = here.exchange.account(customer(here).account)
        assert account is not None
        account.holdings[CODE] = Holding(CODE, 3, 30_000)
        with pytest.raises(SettingsError):
            await choose(venue, [CODE])
        name, price = await choose(venue, [])
        assert name.code != CODE
        assert price <= 50_000
        assert name.low < name.higher < price < name.high < name.upper


def test_what_is_torn_by_a_kill_is_read_and_what_is_wrong_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "probe.jsonl"
    sent = SentFile(path)
    sent.begin(CODE, 0, datetime(2024, 3, 5, 10, tzinfo=KST))
    one = sent.going(Side.BUY, 7_000, datetime(2024, 3, 5, 10, tzinfo=KST))
    sent.numbered(one, 12, "00950")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"type":"ov')
    again = SentFile(path)
    assert [(x.number, x.over) for x in again.open()] == [(12, False)]
    path.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(DataError, match=r"probe\.jsonl"):
        SentFile(path)
