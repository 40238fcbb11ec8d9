"""The composition: from settings and secrets to channels, couriers and the bot."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from maemae.clock import Clock, SystemClock
from maemae.desk.state import State
from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.notify import keys
from maemae.notify.channel import Channel
from maemae.notify.courier import Courier
from maemae.notify.messages import Kind
from maemae.notify.notifier import Face, Notifier
from maemae.notify.reporter import Draw, Reporter
from maemae.notify.texts import Texts, load_texts
from maemae.service.service import Caller, Service
from maemae.trader.messengers import Delivery, TelegramSettings
from maemae.trader.settings import Settings
from maemae.trader.trader import Observer

if TYPE_CHECKING:
    from telegram import Bot

FOLDER = "notify"
"""Folder in the data folder in which each channel keeps what must arrive."""

Speak = Callable[[Caller], Service]
"""The service in somebody's name, such as `LocalService.acting`."""


@dataclass(frozen=True)
class Messengers:
    """Everything that tells the owner, opened. Without any channel it costs nothing."""

    settings: Settings
    texts: Texts
    clock: Clock
    channels: tuple[tuple[Channel, Delivery], ...]
    couriers: tuple[Courier, ...]
    notifier: Notifier
    bot: "Bot | None" = None

    @property
    def observers(self) -> tuple[Observer, ...]:
        """What the trader has to tell of its steps."""
        return (self.notifier.observe,) if self.couriers else ()

    @asynccontextmanager
    async def telling(
        self, speak: Speak, state: State, *, greet: bool = True, part: bool = True
    ) -> AsyncIterator[None]:
        """Tell and answer while the block runs, and at its end how it ended.

        Args:
            speak: the service in somebody's name.
            state: the desk's, before its first step.
            greet: say that the trader runs.
            part: say that it stopped, where it did so in good order.
        """
        if not self.couriers:
            yield
            return
        service = speak(Caller("maemae", "notify"))
        reporter = Reporter(service, self.texts, lambda: state.calendar, drawing())
        faces = [_phone(self, self.bot, speak, reporter)] if self.bot is not None else []
        self.notifier.start(reporter, state, faces, greet=greet)
        try:
            yield
        except BaseException as error:
            await self.notifier.stop(error)
            raise
        await self.notifier.stop(part=part)

    async def call_out(self, kind: Kind, **fields: str) -> None:
        """Tell something while no trader runs, as far as it arrives within some seconds."""
        if self.couriers:
            await self.notifier.call_out(kind, fields)


@asynccontextmanager
async def open_messengers(
    settings: Settings, folder: Path, clock: Clock | None = None
) -> AsyncIterator[Messengers]:
    """Open every channel that the settings name.

    Args:
        settings: channels, levels, quiet hours.
        folder: where a channel keeps what must arrive and has not.
        clock: wall time; the machine's without one.

    Raises:
        SettingsError: a secret or a library is missing, or an own text does not do.
        DataError: what an earlier run could not deliver cannot be read.
    """
    clock = clock or SystemClock()
    texts = load_texts(settings.notify.templates)
    async with AsyncExitStack() as stack:
        bot: Bot | None = None
        channels: list[tuple[Channel, Delivery]] = [
            (apprise_channel(one.name), one) for one in settings.channel
        ]
        if settings.telegram.chat_ids:
            bot, chats = await _telegram(settings.telegram, stack)
            channels += [(chat, settings.telegram) for chat in chats]
        couriers = tuple(
            Courier(channel, delivery, texts, clock, _file(folder, settings.venue, channel))
            for channel, delivery in channels
        )
        notifier = Notifier(settings.notify, texts, couriers, clock)
        yield Messengers(settings, texts, clock, tuple(channels), couriers, notifier, bot)


def apprise_channel(name: str) -> Channel:
    """Open a channel of the settings.

    Raises:
        SettingsError: its URL or the library is missing.
    """
    _demand("apprise", "notify")
    from maemae.notify.apprise_channel import AppriseChannel  # noqa: PLC0415 - of an extra

    return AppriseChannel(name, keys.channel_url(name))


def demand_token() -> str:
    """Return the bot's token.

    Raises:
        SettingsError: it, or the library, is missing.
    """
    _demand("telegram", "telegram")
    token = keys.telegram_token()
    if not token:
        raise SettingsError(
            _(
                "telegram: there is no bot token: run `maemae notify setup telegram`, or "
                "set MAEMAE_TELEGRAM_TOKEN"
            )
        )
    return token


def drawing() -> Draw | None:
    """Return what draws the picture of a report, or None where its library is not installed.

    The library is loaded when the first picture is drawn: it takes a second, and most commands
    never draw.
    """
    if find_spec("matplotlib") is None:
        return None

    def draw(*args: object) -> bytes:
        picture: bytes = import_module("maemae.notify.picture").draw(*args)
        return picture

    return draw


async def _telegram(
    settings: TelegramSettings, stack: AsyncExitStack
) -> "tuple[Bot, list[Channel]]":
    token = demand_token()
    from maemae.notify.telegram.api import open_bot  # noqa: PLC0415 - of an extra
    from maemae.notify.telegram.channel import TelegramChannel  # noqa: PLC0415 - of an extra

    bot = await stack.enter_async_context(open_bot(token, settings.api_url))
    return bot, [TelegramChannel(bot, chat) for chat in settings.chat_ids]


def _phone(opened: Messengers, bot: "Bot", speak: Speak, reporter: Reporter) -> Face:
    from maemae.notify.telegram.bot import TelegramBot  # noqa: PLC0415 - of an extra
    from maemae.notify.telegram.confirm import Confirmations  # noqa: PLC0415 - of an extra
    from maemae.notify.telegram.orders import Orders  # noqa: PLC0415 - of an extra
    from maemae.notify.telegram.questions import Questions  # noqa: PLC0415 - of an extra

    settings = opened.settings.telegram
    confirmations = Confirmations(settings.code_seconds)
    asking = speak(Caller("maemae", "telegram"))
    return TelegramBot(
        bot,
        chats=settings.chat_ids,
        commanders=settings.commanders,
        readers=settings.readers,
        questions=Questions(asking, reporter, opened.texts),
        orders=Orders(speak, confirmations, opened.clock, opened.settings.venue == "live"),
        confirmations=confirmations,
        clock=opened.clock,
    ).run


def _demand(library: str, extra: str) -> None:
    if find_spec(library) is None:
        raise SettingsError(
            _("{library} is not installed: run `pip install 'maemae[{extra}]'`").format(
                library=library, extra=extra
            )
        )


def _file(folder: Path, venue: str, channel: Channel) -> Path:
    return folder / f"{venue}-{channel.name.replace(' ', '-')}.json"
