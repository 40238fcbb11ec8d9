"""Flags that several commands share, and how they become settings."""

import functools
import inspect
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.errors import DataError, SettingsError
from maemae.i18n import _
from maemae.reading import brief, real

if TYPE_CHECKING:
    from maemae.exchange.fed.care import CareName

Config = Annotated[
    Path | None, typer.Option("--config", help=_("Settings file (default: ./maemae.toml)."))
]
LogDir = Annotated[Path | None, typer.Option(help=_("Folder of maemae.log."))]
Screen = Annotated[
    bool, typer.Option("--screen/--no-screen", help=_("Show the screen of the terminal."))
]
OldScreen = Annotated[bool | None, typer.Option("--live/--no-live", hidden=True)]
"""The flag's name before: `live` means real money. Units and scripts of yesterday still say it."""
BalanceSeconds = Annotated[
    str | None, typer.Option(help=_("seconds between two balance inquiries"), show_default="30")
]
Report = Annotated[
    Path | None, typer.Option("--report", help=_("Write the day's books as JSON to this file."))
]

Recording = Annotated[
    str | None,
    typer.Option(
        "--recording", help=_("Recorded day to play: live/2026-11-30, or a folder (recordings).")
    ),
]
Care = Annotated[
    str | None,
    typer.Option(
        "--care",
        help=_("With --recording, how careful fills are: easy, usual or careful."),
        show_default="usual",
    ),
]


def care_named(text: str | None, recording: str | None) -> "CareName":
    """Read how careful fills of a recording are reckoned.

    Raises:
        SettingsError: it is none of the names, or nothing recorded is played.
    """
    from maemae.exchange.fed.care import CARES

    if text is None:
        return "usual"
    if recording is None:
        raise SettingsError(_("--care belongs to --recording: only a recorded day has it"))
    for name in CARES:
        if name == text:
            return name
    names = ", ".join(CARES)
    raise SettingsError(_("--care {text}: choose {names}").format(text=text, names=names))


def parse_day(text: str | None, option: str) -> date | None:
    """Read a date option; None stays None.

    Raises:
        DataError: it is no date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(
            _("{option} {text}: give a date as YYYY-MM-DD").format(option=option, text=text)
        ) from None


FASTEST = 1e6
"""Venue seconds per second, at most."""

Port = Annotated[int, typer.Option(min=0, max=65535, help=_("Port of the real server; 0: any."))]
VirtualPort = Annotated[
    int, typer.Option(min=0, max=65535, help=_("Port of the virtual server; 0: any."))
]


def finite(least: float, most: float) -> Callable[[str], float]:
    """Return a reader of numbers for options: click lets `nan` pass any bounds."""

    def number(text: str) -> float:
        try:
            value = real(str(text))
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        if not least <= value <= most:
            said = _("give a number from {least} to {most}")
            raise typer.BadParameter(said.format(least=f"{least:g}", most=f"{most:g}"))
        return value

    number.__name__ = "float"  # shown in the help page
    return number


def parse_speed(text: str) -> float | None:
    """Read how fast a simulated exchange runs; None: in steps.

    Raises:
        SettingsError: it is neither `step` nor a number above zero.
    """
    if text == "step":
        return None
    try:
        speed = real(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < FASTEST:
        message = _("--speed: {text} is neither a number above zero nor `step`")
        raise SettingsError(message.format(text=brief(text)))
    return speed


SCALPER = {
    "condition": ("number of the saved condition search", "0"),
    "amount": ("won spent per name", "1000000"),
    "take_profit": ("profit rate at which a holding is sold", "0.02"),
    "stop_loss": ("loss rate at which a holding is sold", "0.01"),
    "max_names": ("names held at most", "5"),
    "search_seconds": ("seconds between two searches", "300"),
    "signal_seconds": ("seconds between two looks at the rules", "10"),
}
"""Settings of a condition book that a flag may go over, with the words and the default that they
have in `ConditionBook`: asking it would load all settings before any command can run."""


def with_condition(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command flags for the settings of the only condition book.

    The command receives them together, as the argument `condition`: a dictionary in which flags
    that were not given are None. The settings check the values, so flags are read as text.
    """
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "condition"]
    flags = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(help=_(words), show_default=default)],
        )
        for name, (words, default) in SCALPER.items()
    ]

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        chosen = {flag.name: given.pop(flag.name) for flag in flags}
        command(**given, condition=chosen)

    as_keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapped.__signature__ = inspect.Signature([*as_keywords, *flags])  # type: ignore[attr-defined]
    return wrapped
