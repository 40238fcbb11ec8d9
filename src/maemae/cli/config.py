"""`maemae config`: show, check and explain the settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import options as opt
from maemae.cli import reach
from maemae.i18n import N_, _

if TYPE_CHECKING:
    from maemae.trader.setting_keys import Key
    from maemae.trader.setting_lines import Place
    from maemae.trader.setting_origins import Origins
    from maemae.trader.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=_("Show, check and explain the settings."))
    group.command("show", help=_("Show the settings in force and where each comes from."))(show)
    group.command("check", help=_("Check the settings file; say each fault with its line."))(check)
    group.command("explain", help=_("Explain one setting: meaning, values, default."))(explain)
    group.command("template", help=_("Print a settings file with every setting explained."))(
        print_template
    )
    app.add_typer(group, name="config")


def show(
    *,
    config: opt.Config = None,
    changed: Annotated[
        bool, typer.Option("--changed", help=_("Leave out what is as without a file."))
    ] = False,
    as_json: reach.AsJson = False,
) -> None:
    """Show the settings in force."""
    from maemae.trader.settings import read_settings

    settings, origins = read_settings(config)
    rows = [row for row in _rows(settings, origins) if row[2] or not changed]
    if as_json:
        import json

        found = {key: {"value": value, "origin": origin} for key, value, origin in rows}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column(_("setting"))
    table.add_column(_("value"), overflow="fold")
    table.add_column(_("comes from"), overflow="fold")
    for key, value, origin in rows:
        style = "bold" if origin else ""
        table.add_row(Text(key), Text(value), Text(origin or _("default")), style=style)
    Console().print(table)


def check(
    file: Annotated[Path | None, typer.Argument(help=_("Settings file."))] = None,
    *,
    as_json: reach.AsJson = False,
) -> None:
    """Check the settings."""
    from maemae.errors import WrongSettings
    from maemae.trader.settings import FILE, read_settings

    try:
        settings, origins = read_settings(file)
    except WrongSettings as wrong:
        if as_json:
            reach.print_json({"file": file, "problems": [str(one) for one in wrong.problems]})
            raise typer.Exit(wrong.exit_status) from None
        for problem in wrong.problems:
            typer.echo(f"maemae: {problem}", err=True)
        raise typer.Exit(wrong.exit_status) from None
    for book in settings.book:
        book.rules()  # A strategy that is not there, or cannot be traded in this way.
    if as_json:
        reach.print_json({"file": origins.file, "problems": []})
    elif origins.file is None:
        typer.echo(_("There is no {file} here: the defaults hold.").format(file=FILE))
    else:
        typer.echo(_("{file} is in order.").format(file=origins.file))


def explain(
    key: Annotated[str, typer.Argument(help=_("Its name, such as limits.daily_loss."))],
    config: opt.Config = None,
    *,
    as_json: reach.AsJson = False,
) -> None:
    """Explain a setting."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from maemae.errors import MaemaeError
    from maemae.trader.setting_keys import find_keys
    from maemae.trader.settings import Settings, read_settings

    found = find_keys(Settings, key)
    try:
        now = [row for row in _rows(*read_settings(config)) if _plain(row[0]) == found[0].path]
    except MaemaeError as error:  # What is asked can be answered all the same.
        typer.echo(f"maemae: {error}", err=True)
        now = []
    if as_json:
        told = [{"key": one.path, **_facts(one)} for one in found]
        forced = [{"key": name, "value": value, "origin": origin} for name, value, origin in now]
        reach.print_json({"found": told, "now": forced})
        return
    console = Console()
    for one in found:
        table = Table(show_header=False, title=_heading(one), title_justify="left", box=None)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for fact, text in _facts(one).items():
            if text:
                table.add_row(_(_FACTS[fact]), Text(text))
        for name, value, origin in now:
            said = f"{value} ({origin or _('default')})"
            table.add_row(_("now"), Text(said if len(now) == 1 else f"{name}: {said}"))
        console.print(table)


def print_template() -> None:
    """Print the template."""
    from maemae.setup.template import template
    from maemae.trader.settings import Settings

    typer.echo(template(Settings), nl=False)


def _heading(key: "Key") -> str:
    choice = key.section.choice
    return f'{key.path} ({choice[0]} = "{choice[1]}")' if choice else key.path


_FACTS = {
    "meaning": N_("meaning"),
    "table": N_("table"),
    "value": N_("value"),
    "bounds": N_("bounds"),
    "default": N_("default"),
    "environment": N_("environment"),
}
"""What is told of a setting: the key in JSON, and the word for people."""


def _facts(key: "Key") -> dict[str, str]:
    """Return what is told of a setting, by the keys of `_FACTS`."""
    from maemae.setup.values import as_toml

    default = None if key.default is None else as_toml(key.default)
    return {
        "meaning": key.meaning,
        "table": f"{key.section.header} {key.section.meaning}".strip(),
        "value": key.kind,
        "bounds": key.bounds,
        "default": _("(needed)") if key.required else default or _("left out"),
        "environment": key.variable,
    }


def _rows(settings: "Settings", origins: "Origins") -> Iterator[tuple[str, str, str]]:
    """Yield name, value and origin of everything in force."""
    from maemae.setup.values import shown

    for place, value in _leaves((), settings.model_dump()):
        yield _name(place), shown(value), origins.of(place)


def _leaves(place: "Place", value: Any) -> "Iterator[tuple[Place, Any]]":
    if isinstance(value, Mapping) and value:
        for name, inside in value.items():
            yield from _leaves((*place, name), inside)
    elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        for number, inside in enumerate(value):
            yield from _leaves((*place, number), inside)
    else:
        yield place, value


def _name(place: "Place") -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")


def _plain(name: str) -> str:
    import re

    return re.sub(r"\[\d+\]", "", name)
