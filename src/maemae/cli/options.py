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
from maemae.trader.books.condition import ConditionBook

Config = Annotated[
    Path | None, typer.Option("--config", help=_("Settings file (default: ./maemae.toml)."))
]
LogDir = Annotated[Path | None, typer.Option(help=_("Folder of maemae.log."))]
Live = Annotated[bool, typer.Option("--live/--no-live", help=_("Show the live terminal view."))]
BalanceSeconds = Annotated[
    str | None, typer.Option(help=_("seconds between two balance inquiries"), show_default="30")
]
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


SCALPER = (
    "condition",
    "amount",
    "take_profit",
    "stop_loss",
    "max_names",
    "search_seconds",
    "signal_seconds",
)
"""Settings of a condition book that a flag may go over."""


def with_condition(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command flags for the settings of the only condition book.

    The command receives them together, as the argument `condition`: a dictionary in which flags
    that were not given are None. The settings check the values, so flags are read as text.
    """
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "condition"]
    fields = {name: ConditionBook.model_fields[name] for name in SCALPER}
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
        for name, field in fields.items()
    ]

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        chosen = {flag.name: given.pop(flag.name) for flag in flags}
        command(**given, condition=chosen)

    as_keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapped.__signature__ = inspect.Signature([*as_keywords, *flags])  # type: ignore[attr-defined]
    return wrapped
