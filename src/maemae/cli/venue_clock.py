"""`maemae venue-clock`: run a program that others wrote on the clock of the simulated exchange.

Such a program asks the machine what time it is. A small library (`venue_clock.c`), compiled once
and loaded in front of the C library, tells it the exchange's time instead, at the exchange's speed,
and lets it sleep accordingly. The usual one for this, libfaketime, shifts the monotonic clock as
well or breaks sleeping, and programs in Python hang with it.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from maemae.errors import SettingsError
from maemae.i18n import _

SOURCE = Path(__file__).with_name("venue_clock.c")
COMPILERS = ("cc", "gcc", "clang")
_SECOND = 1_000_000_000


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        "venue-clock",
        help=_("Run a program on the clock of the simulated exchange (Linux, with a C compiler)."),
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )
    def venue_clock(
        command: Annotated[list[str], typer.Argument(help=_("The program and its arguments."))],
        url: Annotated[
            str, typer.Option(help=_("Address of `maemae exchange`."))
        ] = "http://127.0.0.1:9443",
    ) -> None:
        import asyncio
        import os

        from platformdirs import user_cache_path

        from maemae.trader.sim import SimClock, SimControl

        async def ask() -> SimClock:
            async with SimControl(url) as control:
                return await control.clock()

        library = compiled(user_cache_path("maemae", appauthor=False))
        clock = asyncio.run(ask())
        if isinstance(clock.speed, str):
            raise SettingsError(
                _("time is stepped there: start the exchange with a --speed that is a number")
            )
        environment = dict(os.environ) | shifted(clock.now, clock.speed, library, os.environ)
        try:
            os.execvpe(command[0], command, environment)  # noqa: S606 - that is what is asked for
        except OSError as error:
            raise SettingsError(f"{command[0]}: {error.strerror}") from None


def compiled(folder: Path) -> Path:
    """Return the library, compiled where it is not in a folder yet.

    Raises:
        SettingsError: this is no Linux, or no C compiler is there.
    """
    import hashlib
    import shutil
    import subprocess
    import sys
    import tempfile

    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if not sys.platform.startswith("linux") or compiler is None:
        raise SettingsError(
            _("this needs Linux and a C compiler (Debian, Ubuntu: apt install gcc)")
        )
    made = folder / f"venue_clock-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    if not made.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            fresh = Path(place) / made.name
            options = ("-shared", "-fPIC", "-O2", "-o", str(fresh), str(SOURCE), "-ldl")
            done = subprocess.run(  # noqa: S603 - a compiler of this machine, our own source
                [compiler, *options], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise SettingsError(f"{compiler}: {done.stderr.strip()[:200]}")
            fresh.replace(made)
    return made


def shifted(
    now: datetime, speed: float, library: Path, before: Mapping[str, str]
) -> dict[str, str]:
    """Return what a program's environment needs for it to be now there, and go on at a speed.

    Args:
        now: the exchange's time.
        speed: its seconds per real second.
        library: that of `compiled`.
        before: the environment as it is.
    """
    import time

    others = before.get("LD_PRELOAD", "")
    return {
        "LD_PRELOAD": f"{library}:{others}" if others else str(library),
        "MAEMAE_CLOCK_VENUE": str(int(now.timestamp() * _SECOND)),
        "MAEMAE_CLOCK_MACHINE": str(time.time_ns()),
        "MAEMAE_CLOCK_SPEED": f"{speed:g}",
        "TZ": "Asia/Seoul",
    }
