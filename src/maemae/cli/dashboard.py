"""`maemae dashboard`: the web page; `link` and `password`: what opens it."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import reach
from maemae.cli.children import end_with_input, show_in_browser
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.dashboard.entrance import Entrance


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help=_("Open the web page that shows and steers the running trader."))(dashboard)
    app.command("dashboard-link", help=_("Print a link that opens the running web page once."))(
        link
    )
    app.command("dashboard-password", help=_("Set the password of the web page."))(password)


def dashboard(
    ctx: typer.Context,
    *,
    venue: reach.Venue = None,
    config: reach.Config = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help=_("Port; 0 takes a free one.")),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help=_("Open the page in the browser."))
    ] = True,
    announce: Annotated[
        bool,
        typer.Option(
            "--announce",
            help=_("Print the link as JSON; stop when standard input closes."),
        ),
    ] = False,
) -> None:
    """Serve the web page until interrupted; a command of the group does that alone."""
    if ctx.invoked_subcommand is not None:
        return
    from maemae.errors import SettingsError
    from maemae.trader.settings import load_settings

    settings = load_settings(config, venue=venue, dashboard={"port": port})
    try:
        from maemae.dashboard.run import run_dashboard
    except ModuleNotFoundError as missing:
        raise SettingsError(
            _("the dashboard needs {module}: pip install 'maemae[dashboard]'").format(
                module=missing.name
            )
        ) from missing

    def tell(entrance: "Entrance") -> None:
        if announce:
            import msgspec

            typer.echo(json.dumps(msgspec.structs.asdict(entrance)))
            end_with_input()
            return
        typer.echo(_("The dashboard is at {link} (Ctrl-C ends it).").format(link=entrance.link()))
        if browser:
            show_in_browser(entrance.link())  # Its own: the printed one still works.

    asyncio.run(run_dashboard(settings, tell))


def link(*, venue: reach.Venue = None, config: reach.Config = None) -> None:
    """Print a new link for each dashboard that runs on this machine, or those of a venue."""
    from maemae.dashboard.entrance import MINUTES, running
    from maemae.errors import ServiceError
    from maemae.trader.venue import data_dir

    found = running(data_dir(reach.settings_for(config, venue)), venue)
    if not found:
        raise ServiceError(_("no web page runs here: start one with `maemae dashboard`"))
    for entrance in found:
        typer.echo(entrance.link())
        if entrance.key:
            once = _("It opens the page once, within {n} minutes.").format(n=MINUTES)
        else:
            once = _("It asks for the password.")
        typer.echo(f"{entrance.venue}: {once}", err=True)


def password(*, venue: reach.Venue = None, config: reach.Config = None) -> None:
    """Ask for a password twice and keep its hash."""
    from maemae.dashboard.run import keep_password

    given = typer.prompt(_("New password"), hide_input=True, confirmation_prompt=True)
    file = keep_password(reach.settings_for(config, venue), given)
    typer.echo(_("Its hash is in {file}.").format(file=file))
