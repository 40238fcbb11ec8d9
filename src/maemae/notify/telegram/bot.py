"""The bot itself: asks Telegram for updates, lets the owner in and nobody else."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import timedelta

import structlog

from maemae.clock import Clock
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.notify.pace import Pace
from maemae.notify.scrub import scrub
from maemae.notify.telegram.api import POLL, failure, said
from maemae.notify.telegram.channel import CAPTION, TelegramChannel
from maemae.notify.telegram.confirm import Confirmations
from maemae.notify.telegram.orders import NO, YES, Orders
from maemae.notify.telegram.questions import Questions
from maemae.notify.telegram.reply import Asked, Reply
from telegram import (
    Bot,
    BotCommand,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram.error import TelegramError

_log = structlog.get_logger(__name__)

STALE = timedelta(minutes=2)
"""A command that took longer to arrive is not carried out: the market has moved on."""


def menu() -> dict[str, str]:
    """Return the commands with a line about each, as Telegram shows them."""
    return {
        "status": _("state, money and positions at a glance"),
        "balance": _("cash, assets, profit"),
        "positions": _("what is held, and its profit"),
        "orders": _("the orders of today"),
        "pnl": _("profit of the day, week or month"),
        "performance": _("the last year"),
        "plan": _("what is wanted next"),
        "scan": _("the candidates"),
        "pause": _("no new entries; exits go on"),
        "resume": _("let everything go on"),
        "halt": _("stop more, or everything"),
        "flatten": _("sell everything"),
        "sell": _("sell one name: /sell 005930"),
        "cancel": _("cancel an order: /cancel 3"),
        "report": _("the daily report so far, with picture"),
        "log": _("the last lines of the log"),
        "health": _("is the trader well"),
        "help": _("this list"),
    }


class TelegramBot:
    """Answers persons on the allow-list, in chats on the allow-list.

    Args:
        bot: opened by `open_bot`.
        chats: where it may be spoken to; in a group that does not make a person known.
        commanders: persons who may command.
        readers: persons who may ask; those who may command are among them.
        questions: commands that only ask.
        orders: commands that change something.
        confirmations: what waits for a second word.
        clock: wall time.
        poll: seconds that Telegram may hold a question for updates.
    """

    def __init__(
        self,
        bot: Bot,
        *,
        chats: Collection[int],
        commanders: Collection[int],
        readers: Collection[int],
        questions: Questions,
        orders: Orders,
        confirmations: Confirmations,
        clock: Clock,
        poll: int = POLL,
    ) -> None:
        self._bot = bot
        self._chats = frozenset(chats)
        self._commanders = frozenset(commanders)
        self._readers = frozenset(readers)
        self._confirmations = confirmations
        self._clock = clock
        self._poll = poll
        self._changing = orders.table()
        self._asking = questions.table() | {"help": self._help, "start": self._help}
        self._strangers: set[tuple[int, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until cancelled, through every outage."""
        pace = Pace(per_minute=60)
        try:
            while True:
                try:
                    await self._serve(pace)
                except TelegramError as error:
                    wait = pace.failed(getattr(failure(error, self._bot.token), "retry_after", 0))
                    reason = said(error, self._bot.token)
                    _log.warning("telegram does not answer", reason=reason, wait=wait)
                    await self._clock.sleep(wait)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _serve(self, pace: Pace) -> None:
        commands = [BotCommand(name, text) for name, text in menu().items()]
        await self._bot.set_my_commands(commands)
        offset = None
        while True:
            updates = await self._bot.get_updates(
                offset, timeout=self._poll, allowed_updates=["message", "callback_query"]
            )
            pace.sent(self._clock.monotonic())
            for update in updates:
                offset = update.update_id + 1
                task = asyncio.create_task(self._handle(update))
                self._tasks.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a command of the phone failed", exc_info=error)

    async def _handle(self, update: Update) -> None:
        chat, who = update.effective_chat, update.effective_user
        if chat is None:
            return
        if chat.id not in self._chats or who is None or who.id not in self._readers:
            self._turn_away(chat.id, who.id if who is not None else 0)
            return
        asked = Asked(chat.id, who.username or str(who.id), commands=who.id in self._commanders)
        if update.callback_query is not None:
            await self._pressed(update.callback_query, asked)
        elif update.message is not None and update.message.text:
            await self._written(update.message, asked)

    def _turn_away(self, chat: int, person: int) -> None:
        """Note, once, that somebody who is not known wrote; there is no answer."""
        if (chat, person) not in self._strangers:
            self._strangers.add((chat, person))
            _log.warning(
                "a stranger wrote to the bot and gets no answer", chat_id=chat, user_id=person
            )

    async def _written(self, message: Message, asked: Asked) -> None:
        text = (message.text or "").strip()
        if not text.startswith("/"):
            await self._typed(asked, text)
            return
        word, *args = text.split()
        command = word[1:].split("@")[0].lower()
        asked = replace(asked, args=tuple(args))
        if command in self._changing and not asked.commands:
            await self._answer(asked, _reads_only())
            return
        if command in self._changing and self._clock.now() - message.date > STALE:
            late = _("{text} took too long to arrive and was not carried out.").format(text=word)
            await self._answer(
                asked, Reply("⌛ " + late + " " + _("Send it again if you want it."))
            )
            return
        does = self._changing.get(command) or self._asking.get(command) or self._help
        await self._answer(asked, await _reply(lambda: does(asked)))

    async def _typed(self, asked: Asked, text: str) -> None:
        if not text.isdigit():
            await self._answer(asked, await self._help(asked))
            return
        if not asked.commands:
            await self._answer(asked, _reads_only())
            return
        action = self._confirmations.type(asked.chat, text, self._clock.monotonic())
        if action is None:
            await self._answer(asked, Reply(_("That code is wrong or no longer good.")))
            return
        await self._answer(asked, await _reply(lambda: _acted(action)))

    async def _pressed(self, query: CallbackQuery, asked: Asked) -> None:
        data = query.data or ""
        if not asked.commands:
            # The buttons stay for whoever may press them.
            await self._answer(asked, _reads_only())
            return
        await self._acknowledge(query)
        if data.startswith(NO):
            self._confirmations.cancel(asked.chat, data.removeprefix(NO))
            reply = Reply(_("Not done."))
        else:
            token = data.removeprefix(YES)
            action = self._confirmations.press(asked.chat, token, self._clock.monotonic())
            if action is None:
                reply = Reply("⌛ " + _("That button is no longer good. Send the command again."))
            else:
                reply = await _reply(lambda: _acted(action))
        await self._answer(asked, reply)

    async def _acknowledge(self, query: CallbackQuery) -> None:
        """Stop the button's spinner and take the buttons away; neither is needed to go on."""
        try:
            await self._bot.answer_callback_query(query.id)
            if query.message is not None:
                await self._bot.edit_message_reply_markup(
                    query.message.chat.id, query.message.message_id
                )
        except TelegramError as error:
            _log.info("a button was not taken away", reason=said(error, self._bot.token))

    async def _help(self, _asked: Asked) -> Reply:
        return Reply("\n".join(f"/{name} – {text}" for name, text in menu().items()))

    async def _answer(self, asked: Asked, reply: Reply) -> None:
        """Send an answer once; whoever gets none asks again."""
        rows = [
            [InlineKeyboardButton(button.label, callback_data=button.data) for button in row]
            for row in reply.buttons
        ]
        markup = InlineKeyboardMarkup(rows) if rows else None
        text = scrub(reply.text)[: TelegramChannel.text_limit]
        try:
            if reply.picture is not None and len(text) <= CAPTION:
                await self._bot.send_photo(asked.chat, reply.picture, caption=text)
                return
            await self._bot.send_message(asked.chat, text, reply_markup=markup)
            if reply.picture is not None:
                await self._bot.send_photo(asked.chat, reply.picture)
        except TelegramError as error:
            _log.warning("an answer did not arrive", reason=said(error, self._bot.token))


def _reads_only() -> Reply:
    return Reply(_("You may ask here, and command nothing (telegram.user_ids)."))


async def _acted(action: Callable[[], Awaitable[str]]) -> Reply:
    return Reply(await action())


async def _reply(ask: Callable[[], Awaitable[Reply]]) -> Reply:
    """Answer, or say in one line why not."""
    try:
        return await ask()
    except MaemaeError as error:
        return Reply(f"⚠️ {error}")
