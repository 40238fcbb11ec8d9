"""From the trader's steps to the owner's phone, with the messenger well, slow and gone."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from tests.desk.table import Table, rules
from tests.notify.botapi import OWNER, TOKEN, bot_api
from tests.notify.props import HurriedClock, TableService, ToldChannel, at, some_status

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import CalendarCorrected
from maemae.errors import ServiceError, SettingsError
from maemae.market.calendar import krx
from maemae.notify import picture
from maemae.notify.apprise_channel import AppriseChannel
from maemae.notify.channel import NotDelivered
from maemae.notify.courier import Courier
from maemae.notify.notifier import Notifier
from maemae.notify.opening import open_messengers
from maemae.notify.reporter import Reporter
from maemae.notify.texts import Texts
from maemae.service.status import Status
from maemae.trader.messengers import Delivery, NotifySettings
from maemae.trader.settings import Settings


class Watched(Table):
    """A desk on a table whose steps are observed."""

    def __init__(self, notifier: Notifier) -> None:
        super().__init__(Desk(rules()))
        self.notifier = notifier

    def say(self, event: ev.Event) -> list[cmd.Command]:
        if isinstance(event, ev.Candidates):
            for one in event.offers:
                self.tell(one.listed.code, one.price)
        turn = self.desk.step(event)
        self.records += turn.records
        self.commands += turn.commands
        self.notifier.observe(turn)
        return turn.commands


@asynccontextmanager
async def watched(
    clock: HurriedClock,
    channel: ToldChannel,
    service: TableService,
    curves: list[Sequence[tuple[datetime, int]]] | None = None,
    **settings: object,
) -> AsyncIterator[Watched]:
    delivery = Delivery.model_validate({"level": "detail"})
    courier = Courier(channel, delivery, Texts(), clock)
    wanted = NotifySettings.model_validate(settings)
    notifier = Notifier(wanted, Texts(), [courier], clock)
    table = Watched(notifier)

    def draw(curve: Sequence[tuple[datetime, int]], *_: object) -> bytes:
        if curves is not None:
            curves.append(curve)
        return b"png"

    reporter = Reporter(service, Texts(), krx, draw)
    notifier.start(reporter, table.desk.state)
    yield table
    await notifier.stop()


async def test_a_day_from_start_to_report(clock: HurriedClock) -> None:
    channel = ToldChannel()
    curves: list[Sequence[tuple[datetime, int]]] = []
    service = TableService()
    async with watched(clock, channel, service, curves, summary_seconds=30) as table:
        service.current = some_status(assets=0)  # Nothing is known before the opening balance.
        table.start()
        await table.notifier.told()
        service.current = some_status()
        table.balance(10_000_000)
        quantity = table.bought()
        table.later(31)
        table.price("005930", 10_000)
        table.now = table.now.replace(hour=15, minute=31)
        for _ in range(5):  # It states no close, which is asked for again.
            table.say(ev.Timer(at=table.later(2), name="close"))
            table.inquire(table.row(1, "005930", quantity, quantity, ended=True))
            table.balance(table.desk.state.cash, c005930=quantity)
        assert table.desk.finished
    text = "\n".join(channel.texts)
    for wanted in (
        "10:30:00 ▶️ maemae started: sim, account 1234****-01",
        "🌅 2022-06-02 opens with ₩10,000,000",
        "🔴 buy filled",
        "💼 Result of the day ▲ ₩12,345 (▲ 0.12%)",
        "📊 2022-06-02: 🔴 result of the day ▲ ₩12,345 (▲ 0.12%)",
        "⏹️ maemae stopped: the session is over",
    ):
        assert wanted in text, wanted
    assert b"png" in channel.pictures
    assert len(curves) == 1
    assert [assets for _at, assets in curves[0]] == [10_012_345] * 2
    assert "📅" not in text  # Thursday: the week has another session.


async def test_the_last_session_of_a_week_is_followed_by_the_week(clock: HurriedClock) -> None:
    reporter = Reporter(TableService(), Texts(), krx)
    assert await reporter.week(date(2022, 6, 2), at()) is None
    told = await reporter.week(date(2022, 6, 3), at())
    assert told is not None
    assert told.text.startswith("📅 2022-05-30 to 2022-06-03: 🔴 ▲ ₩15,000 realised")


async def test_a_week_ends_with_the_last_session_that_the_desk_knows(clock: HurriedClock) -> None:
    channel = ToldChannel()
    async with watched(clock, channel, TableService()) as table:
        state = table.desk.state
        reporter = Reporter(TableService(), Texts(), lambda: state.calendar)
        assert await reporter.week(date(2022, 6, 2), at()) is None
        state.apply(CalendarCorrected(at=at(), days={date(2022, 6, 3): False}))
        assert await reporter.week(date(2022, 6, 2), at()) is not None
    # Beyond the end of our calendar a week has an end, too.
    reporter = Reporter(TableService(), Texts(), krx)
    friday = next(d for n in range(7) if (d := krx().last + timedelta(days=n)).weekday() == 4)
    assert await reporter.week(friday, at()) is not None


async def test_a_service_that_fails_costs_a_summary_and_nothing_else(clock: HurriedClock) -> None:
    class Broken(TableService):
        async def status(self) -> Status:
            raise ServiceError("not now")

    channel = ToldChannel()
    async with watched(clock, channel, Broken()) as table:
        table.open()
        table.bought()
    assert "🔴 buy filled" in "\n".join(channel.texts)


async def test_a_channel_that_raises_anything_is_started_again(clock: HurriedClock) -> None:
    tries = 0

    def bug(_text: str) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ValueError("a bug of a library")

    channel = ToldChannel(fault=bug)
    async with watched(clock, channel, TableService()) as table:
        table.open()
    assert "🌅" in "\n".join(channel.texts)
    assert tries > 1


async def test_observing_waits_for_nobody(clock: HurriedClock) -> None:
    """With the messenger hanging, a thousand steps are observed without a single wait."""
    hanging = asyncio.Event()

    class Hanging(ToldChannel):
        async def send(self, text: str, picture: bytes | None = None) -> None:
            await hanging.wait()

    channel = Hanging()
    notifier = Notifier(
        NotifySettings(), Texts(), [Courier(channel, Delivery(), Texts(), clock)], clock
    )
    table = Watched(notifier)
    notifier.start(Reporter(TableService(), Texts(), krx), table.desk.state)
    table.open()
    for price in range(10_000, 11_000):
        table.price("005930", price)
    assert channel.texts == []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await notifier.stop(patience=60)


async def test_an_error_is_told_before_the_end(clock: HurriedClock) -> None:
    channel = ToldChannel()
    async with watched(clock, channel, TableService()) as table:
        await table.notifier.stop(OSError("disk full"))
    assert "🚨 maemae failed and stopped: disk full\n👉 Positions are" in "\n".join(channel.texts)


async def test_a_day_on_telegram_with_an_hour_without_it(
    clock: HurriedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAEMAE_TELEGRAM_TOKEN", TOKEN)
    service = TableService(some_status())
    async with bot_api(clock.now) as api:
        down = {"since": math.inf, "refused": 0}

        def fault(method: str) -> str | None:
            if not down["since"] <= clock.passed < down["since"] + 3600:
                return None
            clock.passed += 10  # A call that fails takes its time.
            down["refused"] += 1
            return ("disconnect", "500", "malformed", "429")[int(down["refused"]) % 4]

        api.fault = fault
        telegram = {"chat_ids": [OWNER], "api_url": api.url, "level": "info", "queue": 20}
        settings = Settings(telegram=telegram, notify={"summary_seconds": 30})
        async with open_messengers(settings, tmp_path, clock) as messengers:
            table = Watched(messengers.notifier)
            async with messengers.telling(service.acting, table.desk.state):
                table.open()
                await api.until(lambda: any("started" in m["text"] for m in api.sent))
                down["since"] = clock.passed
                for number in range(60):
                    table.later(60)
                    table.price("005930", 10_000 + number)
                    table.say(ev.StreamChanged(at=table.now, up=False, reason=f"gap {number}."))
                    await asyncio.sleep(0)
                await api.until(lambda: "gap 59." in "\n".join(m["text"] for m in api.sent))
                assert clock.passed >= 3600
    text = "\n".join(m["text"] for m in api.sent)
    assert [n for n in range(60) if f"gap {n}." not in text] == []
    assert "less important messages were dropped" in text
    assert down["refused"] > 20


async def test_settings_without_channels_cost_nothing(tmp_path: Path) -> None:
    async with open_messengers(Settings(), tmp_path) as messengers:
        assert messengers.observers == ()
        async with messengers.telling(TableService().acting, Desk(rules()).state):
            pass


async def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keyring.get_password", lambda *_: None)
    monkeypatch.delenv("MAEMAE_TELEGRAM_TOKEN", raising=False)
    with pytest.raises(SettingsError, match="MAEMAE_TELEGRAM_TOKEN"):
        async with open_messengers(Settings(telegram={"chat_ids": [1]}), tmp_path):
            pass
    with pytest.raises(SettingsError, match="MAEMAE_CHANNEL_DISCORD"):
        async with open_messengers(Settings(channel=[{"name": "discord"}]), tmp_path):
            pass


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise's own
async def test_another_service_gets_text_and_picture_through_apprise(clock: HurriedClock) -> None:
    async with bot_api(clock.now) as api:
        host = api.url.removeprefix("http://")
        channel = AppriseChannel("hook", f"form://{host}/bot{TOKEN}/sendMessage?:chat_id=1")
        await channel.send("hello")
        await channel.send("report", b"\x89PNG")
        assert api.calls == ["sendMessage", "sendMessage"]
        api.fault = lambda _method: "500"
        with pytest.raises(NotDelivered):
            await channel.send("hello")
        assert TOKEN not in repr(channel)
    with pytest.raises(SettingsError, match="channel hook: apprise does not understand"):
        AppriseChannel("hook", "nonsense://")


def test_the_picture_is_a_png_with_and_without_anything_to_show() -> None:
    now = some_status()
    curve = [(at(9, minute), 10_000_000 + minute * 100) for minute in range(60)]
    shown = picture.draw(curve, now.positions, [], "2022-06-02")
    empty = picture.draw([], [], [], "2022-06-02")
    assert shown[:8] == empty[:8] == b"\x89PNG\r\n\x1a\n"
    assert shown != empty
