"""Finds the owner's chat: whoever sends the code that only the owner has seen."""

import asyncio
from dataclasses import dataclass

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.notify.telegram.api import said
from telegram import Bot
from telegram.error import InvalidToken, TelegramError


@dataclass(frozen=True, slots=True)
class FoundChat:
    """A chat from which the code came."""

    chat_id: int
    name: str


async def bot_name(bot: Bot) -> str:
    """Return the bot's user name, which also shows that its token is right.

    Raises:
        SettingsError: the token is not accepted, or Telegram does not answer.
    """
    try:
        return (await bot.get_me()).username or ""
    except InvalidToken:
        raise SettingsError(
            _("Telegram does not accept the bot's token: copy it again from @BotFather")
        ) from None
    except TelegramError as error:
        raise SettingsError(
            _("Telegram does not answer: {error}").format(error=said(error, bot.token))
        ) from None


async def find_chat(bot: Bot, code: str, seconds: float, poll: int = 10) -> FoundChat | None:
    """Wait for a message with the code; return where it came from, or None when time is up.

    Args:
        bot: opened by `open_bot`.
        code: what the owner sends, alone or after `/start`.
        seconds: real seconds to wait.
        poll: seconds that Telegram may hold one question.

    Raises:
        SettingsError: Telegram does not answer.
    """
    offset = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                for update in await bot.get_updates(offset, timeout=poll):
                    offset = update.update_id + 1
                    message = update.message
                    if message is not None and code in (message.text or "").split():
                        await bot.get_updates(offset, timeout=0)
                        who = message.from_user
                        name = (who.username or who.full_name) if who is not None else ""
                        return FoundChat(message.chat.id, name)
    except TimeoutError:
        return None
    except TelegramError as error:
        raise SettingsError(
            _("Telegram does not answer: {error}").format(error=said(error, bot.token))
        ) from None
