"""`maemae kis stream`: live feeds on the terminal, or saved WebSocket messages decoded."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from maemae.errors import SettingsError
from maemae.i18n import _

if TYPE_CHECKING:
    import msgspec

    from maemae.kis.messages import Ack


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Show live feeds, or decode saved WebSocket messages, as JSON lines."))
    def stream(
        feed: str = typer.Argument("", help=_("Feed, such as domestic_stock.ccnl_krx.")),
        keys: list[str] = typer.Argument(None, help=_("Stock codes.")),
        from_file: Path | None = typer.Option(
            None, "--from-file", help=_("Decode these saved messages, one a line.")
        ),
        account: str = typer.Option(
            "", help=_("Whose notices to show, with --from-file; everybody's without.")
        ),
        venue: str | None = typer.Option(None, help=_("sim, dry, paper or live.")),
        config: Path | None = typer.Option(None, help=_("Settings file (default: ./maemae.toml).")),
    ) -> None:
        if from_file is not None:
            _decode(from_file, account)
        elif feed:
            _follow(feed, keys or [], venue, config)
        else:
            raise SettingsError(_("give a feed and stock codes, or --from-file"))


def _decode(path: Path, account: str) -> None:
    from maemae.clock import KST
    from maemae.kis.frames import FrameError
    from maemae.kis.messages import Ack
    from maemae.kis.saved import Elsewhere, decode_lines
    from maemae.reading import STREAMS, read_text

    lines = read_text(path, STREAMS, SettingsError).splitlines()
    failed = False
    for number, found in decode_lines(iter(lines), account, datetime.now(KST)):
        if isinstance(found, Elsewhere):
            said = _("{n} notices of other accounts are left out").format(n=found.notices)
            typer.echo(f"maemae: {path}:{number}: {said}", err=True)
            continue
        if isinstance(found, FrameError):
            failed = True
            said = _("this line cannot be decoded: {why}").format(why=found)
            typer.echo(f"maemae: {path}:{number}: {said}", err=True)
            continue
        typer.echo(_line(found))
        if isinstance(found, Ack) and not found.done:
            failed = True
            typer.echo(f"maemae: {path}:{number}: {_refused(found)}", err=True)
    if failed:
        raise typer.Exit(1)


def _refused(ack: "Ack") -> str:
    """Return what a refusal means and what to do about it, in the language in force."""
    from maemae import catalogue
    from maemae.kis.advice import advice, meaning

    known = catalogue.code(ack.code)
    words = (ack.code, ack.reason, meaning(known), advice(ack.kind))
    return " · ".join(word for word in words if word)


def _line(event: "msgspec.Struct") -> str:
    import msgspec

    from maemae.kis.messages import Ack

    fields = msgspec.structs.asdict(event)
    if isinstance(event, Ack):  # The keys of a session are nobody's business on a screen.
        del fields["key"], fields["iv"]
    return msgspec.json.encode({"type": type(event).__name__} | fields).decode()


def _follow(feed: str, keys: list[str], venue: str | None, config: Path | None) -> None:
    import asyncio

    from maemae.kis import StreamEvent
    from maemae.trader.clients import open_clients
    from maemae.trader.settings import load_settings

    def show(event: StreamEvent) -> None:
        typer.echo(_line(event))

    async def follow() -> None:
        async with open_clients(load_settings(config, venue=venue)) as clients:
            client = clients.for_feed(feed)
            client.stream.listen(show)
            await client.stream.start()
            for key in keys or [client.credentials.hts_id]:
                await client.stream.subscribe(feed, key)
            await client.stream.failed()

    asyncio.run(follow())
