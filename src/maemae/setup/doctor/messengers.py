"""Whether the owner can be told: Telegram's answer, and the addresses of the other channels."""

from collections.abc import AsyncIterator

from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.notify import keys
from maemae.setup.doctor.finding import Finding, attention, fault, ok, skipped
from maemae.trader.settings import Settings


async def messengers(settings: Settings) -> AsyncIterator[Finding]:
    """Ask Telegram about the bot and its chats; see that every channel has its address."""
    setup = _("run `maemae notify setup telegram`")
    if not settings.telegram.chat_ids and not settings.channel:
        yield attention(
            "messenger", _("none is set up: nobody is told when something happens"), setup
        )
    for channel in settings.channel:
        try:
            keys.channel_url(channel.name)
        except MaemaeError as error:
            yield fault("messenger", str(error), _("or take the channel out of the settings"))
        else:
            yield ok("messenger", _("{name}: its address is kept").format(name=channel.name))
    if settings.telegram.chat_ids:
        yield await _telegram(settings, setup)


async def _telegram(settings: Settings, setup: str) -> Finding:
    try:
        from telegram.error import TelegramError  # noqa: PLC0415 - of an extra

        from maemae.notify.telegram.api import open_bot, said  # noqa: PLC0415 - of an extra
        from maemae.notify.telegram.setup import bot_name  # noqa: PLC0415 - of an extra
    except ModuleNotFoundError:
        return skipped("messenger", _("telegram: not installed"))
    token = keys.telegram_token()
    if token is None:
        return fault("messenger", _("telegram: there is no bot token"), setup)
    async with open_bot(token, settings.telegram.api_url) as bot:
        try:
            name = await bot_name(bot)
        except MaemaeError as error:
            return fault("messenger", f"telegram: {error}", setup)
        for chat in settings.telegram.chat_ids:
            try:
                await bot.get_chat(chat)
            except TelegramError as error:
                why = f"telegram {chat}: {said(error, token)}"
                return fault("messenger", why, _("write to the bot once from that chat"))
    count = len(settings.telegram.chat_ids)
    return ok("messenger", _("telegram: @{name}, chats: {count}").format(name=name, count=count))
