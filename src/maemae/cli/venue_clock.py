"""`maemae venue-clock`: run a program that others wrote on the clock of the simulated exchange.

Such a program asks the machine what time it is. libfaketime, loaded in front of the C library,
tells it the exchange's time instead, at the exchange's speed, and lets it sleep accordingly.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from maemae.errors import SettingsError
from maemae.i18n import _

LIBRARY = "libfaketimeMT.so.1"
"""The one for programs with threads."""

_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib64/faketime",
    "/usr/lib/faketime",
    "/usr/local/lib/faketime",
)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        "venue-clock",
        help=_("Run a program on the clock of the simulated exchange (Linux, with libfaketime)."),
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )
    def venue_clock(
        command: Annotated[list[str], typer.Argument(help=_("The program and its arguments."))],
        url: Annotated[
            str, typer.Option(help=_("Address of `maemae exchange`."))
        ] = "http://127.0.0.1:9443",
        library: Annotated[
            Path | None, typer.Option(help=_("Where libfaketime is, if not where it is installed."))
        ] = None,
    ) -> None:
        import asyncio
        import os

        from maemae.trader.sim import SimClock, SimControl

        async def ask() -> SimClock:
            async with SimControl(url) as control:
                return await control.clock()

        found = library or find_library(Path(folder) for folder in _FOLDERS)
        clock = asyncio.run(ask())
        if isinstance(clock.speed, str):
            raise SettingsError(
                _("time is stepped there: start the exchange with a --speed that is a number")
            )
        environment = dict(os.environ) | faked(clock.now, clock.speed, found, os.environ)
        try:
            os.execvpe(command[0], command, environment)  # noqa: S606 - that is what is asked for
        except OSError as error:
            raise SettingsError(f"{command[0]}: {error.strerror}") from None


def find_library(folders: Iterable[Path]) -> Path:
    """Return where libfaketime is.

    Raises:
        SettingsError: it is not installed.
    """
    for folder in folders:
        if (folder / LIBRARY).is_file():
            return folder / LIBRARY
    raise SettingsError(
        _("libfaketime is not installed (Debian, Ubuntu: apt install faketime), or say --library")
    )


def faked(now: datetime, speed: float, library: Path, before: Mapping[str, str]) -> dict[str, str]:
    """Return what a program's environment needs for it to be now there, and go on at a speed.

    Args:
        now: the exchange's time.
        speed: its seconds per real second.
        library: libfaketime.
        before: the environment as it is.
    """
    from maemae.clock import KST

    others = before.get("LD_PRELOAD", "")
    return {
        "LD_PRELOAD": f"{library}:{others}" if others else str(library),
        "FAKETIME": f"@{now.astimezone(KST):%Y-%m-%d %H:%M:%S} x{speed:g}",
        "TZ": "Asia/Seoul",
    }
