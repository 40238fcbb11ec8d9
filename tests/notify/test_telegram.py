"""The real library against a server that speaks the Bot API."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
import structlog
from tests.notify.botapi import OWNER, TOKEN, BotApi, bot_api
from tests.notify.props import HurriedClock, TableService

from maemae.desk.records import Halt
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.notify.channel import NotAccepted, NotDelivered
from maemae.notify.reporter import Reporter
from maemae.notify.telegram.api import open_bot
from maemae.notify.telegram.bot import STALE, TelegramBot, menu
from maemae.notify.telegram.channel import TelegramChannel
from maemae.notify.telegram.confirm import Confirmations
from maemae.notify.telegram.orders import Orders
from maemae.notify.telegram.questions import Questions
from maemae.notify.texts import Texts
from maemae.service import operations as op
from maemae.trader.messengers import TelegramSettings

STRANGER = 666


OWNERS = TelegramSettings(chat_ids=(OWNER,))
GROUP, FRIEND, COLLEAGUE = -100, 777, 888


@dataclass
class Phone:
    api: BotApi
    service: TableService
    clock: HurriedClock


@asynccontextmanager
async def phone(
    clock: HurriedClock,
    *,
    live: bool = False,
    settings: TelegramSettings = OWNERS,
    fault: Callable[[str], str | None] | None = None,
) -> AsyncIterator[Phone]:
    service = TableService()
    confirmations = Confirmations(60)
    async with bot_api(clock.now) as api, open_bot(TOKEN, api.url, seconds=5, poll=1) as bot:
        if fault is not None:
            api.fault = fault
        serving = TelegramBot(
            bot,
            chats=settings.chat_ids,
            commanders=settings.commanders,
            readers=settings.readers,
            questions=Questions(service, Reporter(service, Texts(), krx), Texts()),
            orders=Orders(service.acting, confirmations, clock, live),
            confirmations=confirmations,
            clock=clock,
            poll=1,
        )
        task = asyncio.create_task(serving.run())
        try:
            yield Phone(api, service, clock)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_the_menu_is_registered(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        await it.api.until(lambda: bool(it.api.commands))
        assert [entry["command"] for entry in it.api.commands] == list(menu())


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("/status", "Assets ₩10,012,345"),
        ("/status", "To stop: /pause (entries), /halt (everything)"),
        ("/balance", "Cash (D+2): ₩9,000,000"),
        ("/positions", "🔵 삼성전자 15 shares · ▼ ₩2,655 (▼ 0.26%) · 005930"),
        ("/orders", "#2 09:10:00 🔴 SK하이닉스 4/9"),
        ("/pnl", "💹 2022-06-02\n🔴 realised ▲ ₩15,000"),
        ("/pnl week", "💹 2022-05-30 – 2022-06-02"),
        ("/pnl month", "💹 2022-06-01 – 2022-06-02"),
        ("/pnl year", "Say /pnl day, /pnl week or /pnl month."),
        ("/performance", "Won 66.7% of 3 positions"),
        ("/plan", "scalper: SK하이닉스 ₩107,000"),
        ("/plan", "mom 2022-06-03 · prepared"),
        ("/plan", "🔴 삼성전자 3 · ₩67,400"),
        ("/scan", "● 005930 삼성전자 ₩66,700"),
        ("/report", "📊 2022-06-02: 🔴 result of the day ▲ ₩12,345 (▲ 0.12%)"),
        ("/log", "10:00 fill(체결) code=005930"),
        ("/log 999", "1 to 30"),
        ("/health", "Trades at: sim 1234****-01"),
        ("/help", "/flatten – sell everything"),
        ("/nonsense", "/status – "),
        ("/STATUS@maemae_bot", "Assets ₩10,012,345"),
    ],
)
async def test_a_question_is_answered(clock: HurriedClock, command: str, wanted: str) -> None:
    async with phone(clock) as it:
        assert wanted in await it.api.answer(command)
        assert it.service.said == []


async def test_a_stranger_gets_nothing_and_is_logged(
    clock: HurriedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How logs are written belongs to the process: a trader of another test may set it meanwhile.
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr("maemae.notify.telegram.bot._log", log)
    async with phone(clock) as it:
        it.api.write("/flatten", chat=STRANGER)
        it.api.write("/pause", chat=STRANGER)
        await it.api.answer("/status")
        assert [message["chat_id"] for message in it.api.sent] == [str(OWNER)]
        assert it.service.said == []
    told = [call.kwargs["chat_id"] for call in log.calls if "stranger" in call.args[0]]
    assert told == [STRANGER]


async def test_a_pause_works_at_once_and_is_recorded_with_the_person(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        assert "No new entries" in await it.api.answer("/pause")
        assert it.service.said == [("user42", op.Pause(reason="telegram user42"))]
        assert it.service.caller.face == "telegram"


async def test_a_sale_needs_a_button_that_works_once(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        assert "Sell 15 shares of 삼성전자 005930" in await it.api.answer("/sell 005930")
        assert it.service.said == []
        assert "Done" in await it.api.pressed("Yes")
        sale = op.PlaceOrder(book="scalper", side=Side.SELL, code="005930", quantity=15)
        assert it.service.said == [("user42", sale)]
        assert "no longer good" in await it.api.pressed("Yes")
        assert len(it.service.said) == 1


async def test_a_button_of_another_chat_or_too_late_does_nothing(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        await it.api.answer("/sell 005930 10")
        it.api.press("Yes", chat=STRANGER)
        clock.passed += 61
        assert "no longer good" in await it.api.pressed("Yes")
        assert it.service.said == []


async def test_no_means_no(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        await it.api.answer("/resume")
        assert await it.api.pressed("No") == "Not done."
        assert "no longer good" in await it.api.pressed("Yes")
        assert it.service.said == []


async def test_flatten_needs_the_code_of_the_moment(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        text = await it.api.answer("/flatten")
        code = re.findall(r"\d{6}", text)[0]
        assert "wrong" in await it.api.answer("000000" if code != "000000" else "000001")
        assert it.service.said == []
        assert "Selling has begun" in await it.api.answer(code)
        assert it.service.said == [("user42", op.Flatten(reason="telegram user42"))]
        assert "wrong" in await it.api.answer(code)


async def test_three_wrong_codes_end_it(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        code = re.findall(r"\d{6}", await it.api.answer("/flatten scalper"))[0]
        for number in range(3):
            wrong = f"{(int(code) + number + 1) % 10**6:06d}"
            assert "wrong" in await it.api.answer(wrong)
        assert "wrong" in await it.api.answer(code)
        assert it.service.said == []


async def test_with_real_money_a_sale_needs_a_code_too(clock: HurriedClock) -> None:
    async with phone(clock, live=True) as it:
        code = re.findall(r"Send (\d{6})", await it.api.answer("/sell 005930"))[0]
        await it.api.answer(code)
        assert [said[1].name for said in it.service.said] == ["order"]


async def test_the_levels_of_a_halt_are_buttons_and_words(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        await it.api.answer("/halt")
        assert "exits only" in await it.api.pressed("exits only")
        assert "everything off" in await it.api.answer("/halt all")
        assert "Say one of" in await it.api.answer("/halt none")
        levels = [asked.level for _, asked in it.service.said if isinstance(asked, op.HaltTo)]
        assert levels == [Halt.EXITS_ONLY, Halt.ALL]


async def test_an_order_is_cancelled_by_its_number(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        assert "5 shares left" in await it.api.answer("/cancel #2")
        await it.api.pressed("Yes")
        assert it.service.said == [("user42", op.CancelOrder(intent="20220602-00002"))]
        assert "Nothing of it is left" in await it.api.answer("/cancel 1")
        assert "Say which" in await it.api.answer("/cancel 9")
        assert "Say which" in await it.api.answer("/cancel")


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("/sell", "Say what"),
        ("/sell 000660", "is not held"),
        ("/sell 005930 16", "Say 1 to 15 shares."),
        ("/sell 005930 x", "Say 1 to 15 shares."),
    ],
)
async def test_a_sale_that_makes_no_sense(clock: HurriedClock, command: str, wanted: str) -> None:
    async with phone(clock) as it:
        assert wanted in await it.api.answer(command)


async def test_a_command_that_was_long_on_its_way_is_not_carried_out(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        it.api.write("/pause", at=clock.now() - STALE - timedelta(seconds=1))
        await it.api.until(lambda: bool(it.api.sent))
        assert "took too long" in it.api.sent[0]["text"]
        assert it.service.said == []


async def test_a_refusal_is_told_in_one_line(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        it.service.refuses = "the guard says no"
        assert await it.api.answer("/pause") == "⚠️ the guard says no"


async def test_the_log_shows_no_account_number(clock: HurriedClock) -> None:
    async with phone(clock) as it:
        it.service.lines = ["opened 12345678-01"]
        assert await it.api.answer("/log 1") == "opened 1234****-01"


@pytest.mark.parametrize("wrong", ["429", "500", "403", "malformed", "disconnect"])
async def test_the_bot_comes_back_after_trouble(clock: HurriedClock, wrong: str) -> None:
    left = {"getUpdates": 3, "setMyCommands": 2}

    def fault(method: str) -> str | None:
        left[method] = left.get(method, 0) - 1
        return wrong if left[method] >= 0 else None

    async with phone(clock, fault=fault) as it:
        assert "Assets" in await it.api.answer("/status")
        assert it.api.calls.count("getUpdates") >= 4


async def send(
    clock: HurriedClock,
    wrong: str | None,
    act: Callable[[TelegramChannel, BotApi], Awaitable[None]],
) -> None:
    async with bot_api(clock.now) as api, open_bot(TOKEN, api.url, seconds=0.3) as bot:
        api.fault = lambda method: wrong
        await act(TelegramChannel(bot, OWNER), api)


@pytest.mark.parametrize(
    ("wrong", "error", "wait"),
    [
        ("429", NotDelivered, 7),
        ("500", NotDelivered, None),
        ("403", NotDelivered, 300),
        ("400", NotAccepted, None),
        ("malformed", NotDelivered, None),
        ("disconnect", NotDelivered, None),
        ("hang", NotDelivered, None),
    ],
)
async def test_each_failure_says_whether_to_try_again(
    clock: HurriedClock, wrong: str, error: type[Exception], wait: float | None
) -> None:
    async def act(channel: TelegramChannel, _api: BotApi) -> None:
        with pytest.raises(error) as caught:
            await channel.send("text")
        assert getattr(caught.value, "retry_after", None) == wait
        assert TOKEN not in str(caught.value)

    await send(clock, wrong, act)


async def test_a_wrong_token_is_not_quoted(clock: HurriedClock) -> None:
    async with bot_api(clock.now) as api, open_bot("7:secretSECRET", api.url) as bot:
        with pytest.raises(NotDelivered) as caught:
            await TelegramChannel(bot, OWNER).send("text")
        assert "secretSECRET" not in str(caught.value)
        assert caught.value.retry_after == 300


async def test_a_picture_carries_its_text_or_follows_it(clock: HurriedClock) -> None:
    async def act(channel: TelegramChannel, api: BotApi) -> None:
        await channel.send("short", b"png")
        await channel.send("long " * 300, b"png")
        assert [m["method"] for m in api.sent] == ["sendPhoto", "sendMessage", "sendPhoto"]
        assert [m["text"][:5] for m in api.sent] == ["short", "long ", ""]

    await send(clock, None, act)


@pytest.mark.parametrize(
    ("settings", "person", "asks", "commands"),
    [
        (TelegramSettings(chat_ids=(GROUP,)), OWNER, False, False),
        (TelegramSettings(chat_ids=(GROUP, OWNER)), OWNER, True, True),
        (TelegramSettings(chat_ids=(GROUP, OWNER)), STRANGER, False, False),
        (TelegramSettings(chat_ids=(GROUP,), user_ids=(OWNER,)), OWNER, True, True),
        (TelegramSettings(chat_ids=(GROUP, STRANGER), user_ids=(OWNER,)), STRANGER, False, False),
        (TelegramSettings(chat_ids=(GROUP, OWNER), reader_ids=(FRIEND,)), FRIEND, True, False),
    ],
)
async def test_in_a_group_persons_are_known_not_the_chat(
    clock: HurriedClock, settings: TelegramSettings, person: int, asks: bool, commands: bool
) -> None:
    last = settings.model_copy(update={"reader_ids": (*settings.reader_ids, COLLEAGUE)})
    async with phone(clock, settings=last) as it:
        it.api.write("/status", chat=GROUP, person=person)
        it.api.write("/pause 점심", chat=GROUP, person=person)
        # Who writes last is answered last: by then the others are, or never will be.
        it.api.write("/log 0", chat=GROUP, person=COLLEAGUE)
        await it.api.until(lambda: any("how many lines" in m["text"] for m in it.api.sent))
        texts = [message["text"] for message in it.api.sent]
    assert any("Assets" in text for text in texts) is asks
    assert bool(it.service.said) is commands


async def test_a_reader_does_not_press_the_button_of_a_commander(clock: HurriedClock) -> None:
    settings = TelegramSettings(chat_ids=(GROUP, OWNER), reader_ids=(FRIEND,))
    async with phone(clock, settings=settings) as it:
        it.api.write("/flatten", chat=GROUP, person=OWNER)
        await it.api.until(lambda: bool(it.api.sent))
        button = it.api.sent[0]["reply_markup"]["inline_keyboard"][0][0]["text"]
        it.api.press(button, chat=GROUP, person=FRIEND)
        await it.api.until(lambda: len(it.api.sent) > 1)
        assert "command nothing" in it.api.sent[1]["text"]
        assert it.service.said == []
