"""How the help page is laid out: panels by what a person wants to do, and commands in groups."""

from copy import copy
from typing import Any

import typer
from typer.core import TyperGroup
from typer.models import CommandInfo

from maemae.i18n import N_, _

PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Start"), ("demo", "init", "doctor", "config", "golive")),
    (N_("Trade"), ("run", "plan", "confirm", "dashboard", "pause", "resume", "halt", "flatten")),
    (N_("Look"), ("status", "positions", "orders", "fills", "pnl", "scan", "calendar")),
    (N_("Order"), ("buy", "sell", "amend", "cancel", "book")),
    (
        N_("Strategies and data"),
        ("strategy", "backtest", "analyse", "bars", "recordings", "instruments"),
    ),
    (N_("Operation"), ("notify", "backup", "restore", "ledger", "profile", "probe", "shadow")),
    (N_("Development"), ("kis", "exchange", "venue-clock", "prove", "warmup")),
)
"""Titles of the panels, and the commands in each, in the order of the help page."""

MOVED: dict[str, tuple[str, dict[str, str]]] = {
    "dashboard": (
        N_("Open the web page that shows and steers the running trader."),
        {"link": "dashboard-link", "password": "dashboard-password"},
    ),
    "book": (
        N_("Shares of books: move, adopt, convert, sell off."),
        {"move": "move", "adopt": "adopt", "convert": "convert", "clean-up": "clean-up"},
    ),
    "kis": (
        N_("KIS's Open API by hand: calls and live feeds."),
        {"call": "call", "stream": "stream"},
    ),
}
"""Groups, and which command each of their commands was before; the old spelling still works."""

ORDER = [name for _title, names in PANELS for name in names]


class Ordered(TyperGroup):
    """The commands in the order of the panels."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names; those that are in no panel come last."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


def arrange(app: typer.Typer) -> None:
    """Put the registered commands into groups and panels; hide their old spellings."""
    known = {_name(info): info for info in app.registered_commands}
    for group, (text, commands) in MOVED.items():
        _group(app, group, text, known, commands)
    panels = {name: _(title) for title, names in PANELS for name in names}
    every: list[Any] = [*app.registered_commands, *app.registered_groups]
    for info in every:
        info.rich_help_panel = panels.get(_name(info), info.rich_help_panel)


def _group(
    app: typer.Typer, name: str, text: str, known: dict[str, CommandInfo], commands: dict[str, str]
) -> None:
    itself = known.get(name)
    group = typer.Typer(
        no_args_is_help=itself is None, invoke_without_command=itself is not None, help=_(text)
    )
    if itself is not None and itself.callback is not None:  # The group does something by itself.
        app.registered_commands.remove(itself)
        group.callback()(itself.callback)
    for own, before in commands.items():
        moved = copy(known[before])
        moved.name = own
        group.registered_commands.append(moved)
        known[before].hidden = True
    app.add_typer(group, name=name)


def _name(info: Any) -> str:
    """Return what a command is called: its name, or that of its function."""
    if info.name:
        return str(info.name)
    return str(info.callback.__name__).replace("_", "-") if info.callback else ""
