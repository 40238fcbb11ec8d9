"""Flags that several commands share, and how they become settings."""

import functools
import inspect
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from maemae.errors import DataError
from maemae.i18n import _
from maemae.strategy.scalper import ConditionScalper

Config = Annotated[
    Path | None, typer.Option("--config", help=_("Settings file (default: ./maemae.toml)."))
]
LogDir = Annotated[Path | None, typer.Option(help=_("Folder of maemae.log."))]
Live = Annotated[bool, typer.Option("--live/--no-live", help=_("Show the live terminal view."))]
Report = Annotated[
    Path | None, typer.Option("--report", help=_("Write the day's books as JSON to this file."))
]


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


def with_scalper(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one flag for each setting of the condition scalper.

    The command receives them together, as the argument `scalper`: a dictionary in which flags
    that were not given are None. The settings check the values, so flags are read as text.
    """
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "scalper"]
    flags = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                typer.Option(
                    help=_(field.description or name), show_default=str(field.get_default())
                ),
            ],
        )
        for name, field in ConditionScalper.model_fields.items()
    ]

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        chosen = {flag.name: given.pop(flag.name) for flag in flags}
        command(**given, scalper=chosen)

    as_keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapped.__signature__ = inspect.Signature([*as_keywords, *flags])  # type: ignore[attr-defined]
    return wrapped
