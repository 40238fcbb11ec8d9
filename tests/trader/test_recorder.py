"""Days recorded from the simulated exchange over real sockets, and played again by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import DAY
from tests.trader.days import Place, place
from tests.trader.test_dry import bench

from maemae.clock import KST
from maemae.desk.events import Event, Reported
from maemae.desk.records import (
    AmendIntended,
    CancelIntended,
    ExitDue,
    FlattenBegun,
    Halted,
    Incident,
    Intended,
    Record,
)
from maemae.desk.turn import Turn
from maemae.exchange.fed.care import CARES
from maemae.exchange.moment import moment, moment_at
from maemae.exchange.recorded.exchange import RecordedExchange
from maemae.exchange.recorded.source import RecordedSource
from maemae.exchange.scenario import default_scenario
from maemae.exchange.server import Server
from maemae.exchange.sources import SyntheticSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.i18n import LANGUAGES, Language, set_language
from maemae.kis import OrderRequest
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.recordings.entries import Answer, Frame, Name, Registered, Stream, Traded, encode
from maemae.recordings.shelf import entries_of, find, look
from maemae.service.incidents import detail
from maemae.trader.books import AnyBook
from maemae.trader.books.condition import ConditionBook
from maemae.trader.recorder import recording_market, recordings_dir
from maemae.trader.run import Run, open_run
from maemae.trader.settings import Settings
from maemae.trader.venue import open_venue

START = time(9, 0)
RECORD = {"enabled": True}


def scalper(**more: Any) -> AnyBook:
    given: dict[str, Any] = {
        "name": "scalper", "condition": 0, "amount": 200_000,
        "take_profit": "0.01", "stop_loss": "0.01",
    }  # fmt: skip
    return ConditionBook.model_validate(given | more)


def moment_of(at: str) -> datetime:
    return datetime.combine(DAY, time.fromisoformat(at), KST)


def made_up(folder: Path) -> Any:
    return place(folder, SyntheticSource(7, krx(), DAY), DAY, START)


@asynccontextmanager
async def played(recording: Path, folder: Path) -> AsyncIterator[Place]:
    """Serve an exchange that plays a recorded day, in stepped time."""
    source = RecordedSource(recording)
    exchange = RecordedExchange(
        source, krx(), source.day, default_scenario(7),
        seed=7, clock=Timekeeper(moment_at(source.day, START), None), care=CARES["usual"],
        limits=False,
    )  # fmt: skip
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    try:
        yield Place(exchange, server.urls["real"], folder, server.urls["virtual"])
    finally:
        await server.stop()


async def test_a_recorded_day_played_again_gives_the_same_decisions(tmp_path: Path) -> None:
    async with made_up(tmp_path / "recorded") as first:
        settings = first.settings(scalper(), record=RECORD)
        await first.trade_until(settings, moment_of("09:20"))
    recording = find(recordings_dir(settings), f"sim/{DAY}")
    async with played(recording, tmp_path / "played") as second:
        await second.trade_until(second.settings(scalper()), moment_of("09:20"))
    decided = first.order_lines()
    assert {(one.side, one.reason) for one in decided} == {
        ("buy", "candidate"), ("sell", "take_profit"), ("sell", "stop_loss")
    }  # fmt: skip
    assert len(decided) > 20
    assert second.order_lines() == decided
    _nothing_private(first, recording)


def _nothing_private(place: Place, recording: Path) -> None:
    """Assert that a recording tells of the market and of nobody."""
    entries = list(entries_of(recording))
    kinds = {type(one) for one in entries}
    assert {Frame, Answer, Name, Registered, Traded} <= kinds
    text = b"".join(encode(one) for one in entries).decode()
    for who in place.exchange.customers.values():
        for secret in (who.app_key, who.app_secret, who.account, who.account[:8], who.hts_id):
            assert secret not in text
    assert "approval" not in text.lower()
    assert "CNI" not in text
    asked = {one.endpoint for one in entries if isinstance(one, Answer)}
    assert {"domestic_stock.psearch_title", "domestic_stock.psearch_result"} <= asked
    assert not any("balance" in one or "ccld" in one or "psbl" in one for one in asked)
    found = look(recording)
    assert (found.lost, found.torn) == (0, False)


DECISIONS = (Intended, CancelIntended, AmendIntended, ExitDue, Halted, FlattenBegun)
"""Facts that say what was decided; the rest says what came of it."""


def decisions(place: Place) -> list[Record]:
    return [one for one in place.records() if isinstance(one, DECISIONS)]


async def test_every_kind_of_decision_is_made_again_on_the_same_day(tmp_path: Path) -> None:
    """Entries at a limit are chased, cancelled or turned into market orders; exits trail."""
    books = [
        scalper(
            name=name, amount=100_000, take_profit="0.008", stop_loss="0.008",
            trailing_stop="0.004", condition=number % 2,
            order={"kind": "limit", "offset_ticks": ticks, "wait_seconds": 5, "then": then},
        )
        for number, (name, then, ticks) in enumerate(
            [("chases", "chase", -2), ("cancels", "cancel", -3), ("turns", "market", -2)]
        )
    ]  # fmt: skip
    async with made_up(tmp_path / "recorded") as first:
        settings = first.settings(*books, record=RECORD)
        await first.trade_until(settings, moment_of("09:06"))
    recording = find(recordings_dir(settings), f"sim/{DAY}")
    found: list[list[Record]] = []
    for name in ("once", "again"):
        async with played(recording, tmp_path / name) as place:
            await place.trade_until(place.settings(*books), moment_of("09:06"))
            found.append(decisions(place))
    once, again = found
    assert once == again
    assert {type(one) for one in once} >= {Intended, CancelIntended, AmendIntended}
    sent = {(one.side, one.reason) for one in once if isinstance(one, Intended)}
    assert {Side.BUY, Side.SELL} == {side for side, _ in sent}
    assert len(sent) > 2


async def test_another_rule_can_be_rehearsed_on_it(tmp_path: Path) -> None:
    async with made_up(tmp_path / "recorded") as first:
        settings = first.settings(scalper(), record=RECORD)
        await first.trade_until(settings, moment_of("09:10"))
    recording = find(recordings_dir(settings), f"sim/{DAY}")
    async with played(recording, tmp_path / "played") as second:
        other = scalper(take_profit="0.02", stop_loss="0.005", amount=400_000)
        await second.trade_until(second.settings(other), moment_of("09:10"))
        account = second.exchange.account(
            next(c.account for c in second.exchange.customers.values() if c.personality == "real")
        )
    assert account is not None
    lines = {one.order_no: one for one in second.order_lines()}
    assert {one.number for one in account.fills} <= set(lines)
    assert sum(one.quantity for one in account.fills) == sum(x.filled for x in lines.values()) > 0
    assert second.order_lines() != first.order_lines()


async def test_where_the_stream_was_down_the_recording_has_a_gap(tmp_path: Path) -> None:
    async with made_up(tmp_path) as here:
        settings = here.settings(scalper(), record=RECORD)
        dropped: list[datetime] = []

        def drop(turn: Turn) -> None:
            if turn.at >= moment_of("09:02") and not dropped:
                dropped.append(turn.at)
                here.exchange.drop_sessions()
            if turn.at >= moment_of("09:04"):
                runs[0].trader.stop()

        runs: list[Run] = []
        async with open_run(settings, (drop,)) as run:
            runs.append(run)
            await run.trade()
    recording = find(recordings_dir(settings), f"sim/{DAY}")
    [(start, end)] = look(recording).gaps
    [at] = dropped
    assert start <= moment(at) <= end
    ups = [one.up for one in entries_of(recording) if isinstance(one, Stream)]
    assert ups == [True, False, True]


async def test_nothing_is_recorded_unless_it_is_asked_for(tmp_path: Path) -> None:
    async with made_up(tmp_path) as here:
        settings = here.settings(scalper())
        await here.trade_until(settings, moment_of("09:01"))
    assert not recordings_dir(settings).exists()


async def test_where_nothing_can_be_written_it_is_said_once_and_trading_goes_on(
    tmp_path: Path,
) -> None:
    async with made_up(tmp_path / "without") as plain:
        await plain.trade_until(plain.settings(scalper()), moment_of("09:05"))
    async with made_up(tmp_path / "with") as here:
        settings = here.settings(scalper(), record=RECORD)
        folder = recordings_dir(settings)
        folder.parent.mkdir(parents=True)
        folder.write_text("a file in the place of the folder")
        await here.trade_until(settings, moment_of("09:05"))
        said = await said_of_recording(settings)
    assert here.order_lines() == plain.order_lines() != []
    kinds = [one.kind for one in here.records() if isinstance(one, Incident)]
    assert kinds.count("recording_failed") <= 1  # It is found out when a block is written.
    assert [(one.kind, one.detail) for one in said] == [
        ("recording_failed", f"unwritable: {folder}")
    ]


async def said_of_recording(settings: Settings) -> list[Reported]:
    """Record an answer of a venue that is open; return what is said of it."""
    said: list[Reported] = []
    told = asyncio.Event()

    def put(event: Event) -> None:
        assert isinstance(event, Reported)
        said.append(event)
        told.set()

    async with open_venue(settings) as venue:
        async with recording_market(settings, venue, {}, put):
            await venue.data.condition_titles()
        async with asyncio.timeout(60):
            await told.wait()
    return said


async def test_a_dry_run_records_the_live_market_and_not_its_own_fills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch, record=RECORD) as dry:
        said: list[Event] = []
        async with recording_market(dry.settings, dry.venue, {}, said.append):
            await dry.venue.orders.stream.start()
            await dry.venue.orders.order(OrderRequest(Side.BUY, "000010", 3, None, "01"))
            await dry.settle()
        assert said == []
        entries = list(entries_of(find(recordings_dir(dry.settings), f"dry/{DAY}")))
    asked = {one.endpoint for one in entries if isinstance(one, Answer)}
    assert "domestic_stock.inquire_asking_price_exp_ccn" in asked
    assert not any(isinstance(one, Traded) for one in entries)


@pytest.mark.parametrize("why", ["disk_full: /x", "unwritable: /x", "slow", "bound", "broken: E"])
def test_what_is_not_recorded_is_said_in_words(why: str) -> None:
    found: dict[Language, str] = {}
    for language in LANGUAGES:
        set_language(language)
        found[language] = detail("recording_failed", why)
        assert "1,234" in detail("recording_back", "1234")
    reason, _, more = why.partition(": ")
    assert all(reason not in said and said.endswith(more) for said in found.values())
    assert any("가" <= letter <= "힣" for letter in found["ko"])
