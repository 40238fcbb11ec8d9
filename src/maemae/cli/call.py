"""`maemae kis call`: any endpoint of the broker from the shell, or a saved reply decoded."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from maemae.errors import SettingsError, WireError
from maemae.i18n import _, language

_WIDE = 8
_NAMED = 12
"""How many of the fields that an answer lacks are named."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_("Call any endpoint of the KIS Open API, or decode a saved reply."),
        add_help_option=False,
    )
    def call(
        context: typer.Context,
        endpoint: str = typer.Argument("", help=_("Endpoint id, such as inquire_price.")),
        parameters: list[str] = typer.Argument(None, help=_("Parameters, as NAME=VALUE.")),
        listing: str | None = typer.Option(
            None, "--list", help=_("List the endpoints that contain these words.")
        ),
        show_help: bool = typer.Option(
            False, "--help", help=_("Show this page, or with an endpoint its parameters.")
        ),
        as_json: bool = typer.Option(
            False, "--json", help=_("Print JSON lines, with every field of the answer.")
        ),
        from_file: Path | None = typer.Option(
            None, "--from-file", help=_("Decode this saved reply instead of calling.")
        ),
        venue: str | None = typer.Option(None, help=_("sim, dry, paper or live.")),
        pages: int = typer.Option(10, min=1, help=_("Read at most this many pages.")),
        config: Path | None = typer.Option(None, help=_("Settings file (default: ./maemae.toml).")),
    ) -> None:
        if listing is not None:
            _list(listing)
        elif not endpoint:
            typer.echo(context.get_help())
        elif show_help:
            _describe(endpoint)
        elif from_file is not None:
            _decode(endpoint, from_file, as_json=as_json)
        else:
            _call(endpoint, parameters or [], venue, config, pages, as_json=as_json)


def _list(words: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from maemae import catalogue

    found = catalogue.search(words)
    if not found:
        raise typer.Exit(1)
    table = Table()
    for heading in (_("Endpoint"), _("Title"), _("Virtual server"), "TR"):
        table.add_column(heading)
    for entry in found:
        ids = entry.tr_ids.get("real", "") or ""
        names = ids if isinstance(ids, str) else " ".join(tr.id for tr in ids)
        offered = _("yes") if entry.supports("virtual") else _("no")
        table.add_row(entry.id, entry.title, offered, names)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _describe(endpoint_id: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from maemae.kis.market_client import find_endpoint

    endpoint = find_endpoint(endpoint_id)
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(f"[bold]{endpoint.id}[/bold]  {endpoint.title}")
    console.print(f"{endpoint.method} {endpoint.path}")
    for personality, ids in endpoint.tr_ids.items():
        for tr in ids:
            when = " ".join(f"{name}={'|'.join(values)}" for name, values in tr.when.items())
            console.print(f"  {personality}: {tr.id} {when} {tr.note}".rstrip())
    table = Table(title=_("Parameters"))
    for heading in (_("Name"), _("Label"), _("Needed"), _("Example"), _("Values")):
        table.add_column(heading)
    for param in endpoint.params:
        values = ", ".join(f"{code} {meaning}" for code, meaning in param.values.items())
        needed = _("yes") if param.required else ""
        table.add_row(param.name, param.label, needed, param.sample, values)
    console.print(table)
    for block in endpoint.blocks:
        table = Table(title=f"{block.name} {block.label}".strip())
        table.add_column(_("Field"))
        table.add_column(_("Label"))
        for field in block.fields:
            table.add_row(field.name, field.label)
        console.print(table)


def _decode(endpoint_id: str, path: Path, *, as_json: bool) -> None:
    from maemae.kis.market_client import find_endpoint
    from maemae.kis.saved import decode_reply, read_saved_reply
    from maemae.reading import LISTS, read_bytes

    endpoint = find_endpoint(endpoint_id)
    content = read_bytes(path, LISTS, SettingsError)
    try:
        found = decode_reply(endpoint, read_saved_reply(content), every_field=as_json)
    except WireError as error:
        typer.echo(f"maemae: {path}: {error}", err=True)
        raise typer.Exit(1) from None
    for row in found.rows:
        typer.echo(_json(row))
    if found.missing:
        said = _("the saved answer lacks: {missing}").format(missing=_few(found.missing))
        typer.echo(f"maemae: {path}: {said}", err=True)
    if not found.whole:
        raise typer.Exit(1)


def _few(names: Sequence[str]) -> str:
    """Return names in a line, the last one among them however many there are."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: _NAMED - 1])}, … ({len(names)}), {names[-1]}"


def _json(row: Any) -> str:
    import msgspec

    return msgspec.json.encode(row).decode()


def _call(
    endpoint_id: str,
    parameters: list[str],
    venue: str | None,
    config: Path | None,
    pages: int,
    *,
    as_json: bool,
) -> None:
    import asyncio

    from maemae.kis import Complete, Partial
    from maemae.kis.market_client import find_endpoint
    from maemae.kis.saved import generic_rows
    from maemae.trader.clients import open_clients
    from maemae.trader.settings import load_settings

    endpoint = find_endpoint(endpoint_id)
    given = dict(_pair(text) for text in parameters)
    choices = endpoint.choices("real")
    choice = {name: value for name, value in given.items() if name in choices}
    params = {name: value for name, value in given.items() if name not in choice}

    async def ask() -> Complete | Partial:
        async with open_clients(load_settings(config, venue=venue)) as clients:
            return await clients.call(endpoint.id, params, choice=choice, pages=pages)

    found = asyncio.run(ask())
    if as_json:
        for row in generic_rows(endpoint, found):
            typer.echo(_json(row))
    else:
        for name, rows in found.blocks.items():
            _table(endpoint.id, name, rows)
    if isinstance(found, Partial):
        typer.echo(f"maemae: {_('not all pages could be had')}: {found.error}", err=True)
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise SettingsError(_("parameters are given as NAME=VALUE, not {text!r}").format(text=text))
    return name, value


def _table(endpoint_id: str, name: str, rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    from maemae import catalogue

    block = catalogue.rest(endpoint_id).block(name)
    labels = {field.name.lower(): field.label for field in block.fields} if block else {}
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(title=name)
    if len(rows) == 1:
        table.add_column(_("Field"))
        table.add_column(_("Label"))
        table.add_column(_("Value"), justify="right")
        for key, value in rows[0].items():
            table.add_row(key, labels.get(key, ""), str(value).strip())
        console.print(table)
        return
    columns = list(rows[0])[:_WIDE] if rows else []
    for key in columns:
        table.add_column(labels.get(key, key) if language() == "ko" else key)
    for row in rows:
        table.add_row(*(str(row.get(key, "")).strip() for key in columns))
    console.print(table)
    hidden = len(rows[0]) - len(columns) if rows else 0
    if hidden:
        console.print(_("{n} more columns: --json shows all").format(n=hidden))
