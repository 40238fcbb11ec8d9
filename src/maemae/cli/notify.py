"""`maemae notify`: set up the messengers and try them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from maemae.cli import options as opt
from maemae.cli import words
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.notify.opening import Messengers
    from maemae.trader.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=_("Set up the messengers and try them out."))
    setup = typer.Typer(no_args_is_help=True, help=_("Set up a messenger."))
    setup.callback()(_nothing)
    setup.command("telegram", help=_("Connect your Telegram chat with your bot."))(telegram)
    group.add_typer(setup, name="setup")
    group.command("test", help=_("Send a sample of each message to every channel."))(samples)
    app.add_typer(group, name="notify")


def _nothing() -> None:
    """Make a group of a single command: `setup telegram`, and others later."""


def telegram(
    config: opt.Config = None,
    seconds: int = typer.Option(180, help=_("How long to wait for your message."), min=10),
) -> None:
    """Connect the owner's chat."""
    import asyncio

    from maemae.trader.settings import load_settings

    settings = load_settings(config)
    if not asyncio.run(_setup(settings, config or Path("maemae.toml"), seconds)):
        typer.echo(_("No message with the code arrived in time. Run the command again."))
        raise typer.Exit(1)


def samples(config: opt.Config = None) -> None:
    """Send samples."""
    import asyncio

    from maemae.trader.settings import load_settings

    if not asyncio.run(_samples(load_settings(config))):
        raise typer.Exit(1)


async def _setup(settings: Settings, file: Path, seconds: int) -> bool:
    import secrets

    from maemae.notify import keys
    from maemae.notify.telegram.api import open_bot
    from maemae.notify.telegram.setup import bot_name, find_chat

    token = keys.telegram_token()
    given = token is None
    if token is None:
        typer.echo(_("Open @BotFather in Telegram, send /newbot and paste the token it gives you."))
        token = str(typer.prompt(_("Token (it is not shown)"), hide_input=True)).strip()
    async with open_bot(token, settings.telegram.api_url) as bot:
        name = await bot_name(bot)
        code = f"{secrets.randbelow(10**6):06d}"
        typer.echo(
            _("Open this on the phone and press Start, or send {code} to @{name}:").format(
                code=code, name=name
            )
        )
        typer.echo(f"  https://t.me/{name}?start={code}")
        found = await find_chat(bot, code, seconds)
    if found is None:
        return False
    typer.echo(_("Found your chat: {name} ({chat}).").format(name=found.name, chat=found.chat_id))
    if given:
        typer.echo(words.kept(keys.keep_telegram_token(token)))
    _write(file, sorted({*settings.telegram.chat_ids, found.chat_id}))
    return True


def _write(file: Path, chats: list[int]) -> None:
    """Put the chats into the settings."""
    from maemae.setup.document import edit_file
    from maemae.trader.settings import Settings

    edit_file(file, {"telegram.chat_ids": tuple(chats)}, Settings)
    typer.echo(_("{file} has it now. Try it: maemae notify test").format(file=file))


async def _samples(settings: Settings) -> bool:
    import tempfile

    from maemae.clock import SystemClock
    from maemae.notify import samples as made
    from maemae.notify.opening import drawing, open_messengers

    # What waits on the disk for a run is left alone: samples have a folder of their own.
    with tempfile.TemporaryDirectory() as folder:
        async with open_messengers(settings, Path(folder)) as messengers:
            if not messengers.channels:
                typer.echo(_("No channel is set up: run `maemae notify setup telegram`."))
                return False
            told = made.samples(messengers.texts, SystemClock().now(), drawing())
            return await _send(messengers, [(one.text, one.picture) for one in told])


async def _send(messengers: Messengers, told: list[tuple[str, bytes | None]]) -> bool:
    from maemae.notify.channel import NotAccepted, NotDelivered

    well = True
    for channel, _delivery in messengers.channels:
        texts = [text for text, picture in told if picture is None]
        try:
            for text in _bundles(texts, channel.text_limit):
                await channel.send(text)
            for text, picture in told:
                if picture is not None:
                    await channel.send(text, picture)
        except (NotDelivered, NotAccepted) as error:
            typer.echo(f"✗ {channel.name}: {error}")
            well = False
        else:
            typer.echo(f"✓ {channel.name}")
    return well


def _bundles(texts: list[str], limit: int) -> list[str]:
    """Join texts to messages of at most `limit` characters."""
    bundles: list[str] = []
    for text in texts:
        if bundles and len(bundles[-1]) + len(text) + 2 <= limit:
            bundles[-1] += f"\n\n{text}"
        else:
            bundles.append(text[:limit])
    return bundles
