"""`maemae recordings`: which days of the market were recorded, and how whole they are."""

from typing import TYPE_CHECKING, Any

import typer

from maemae.cli import options as opt
from maemae.cli.reach import AsJson, print_json
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.recordings.shelf import Recorded
    from maemae.trader.settings import Settings

_SHOWN = 3
"""Gaps that are shown one by one; the longest."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("List recorded days of the market: hours, sizes, gaps."))(recordings)


def recordings(config: opt.Config = None, as_json: AsJson = False) -> None:
    """List the recorded days."""
    from rich.console import Console

    from maemae.recordings.shelf import days, look
    from maemae.trader.recorder import recordings_dir
    from maemae.trader.settings import load_settings

    settings = load_settings(config)
    root = recordings_dir(settings)
    found = [look(folder) for _venue, _day, folder in days(root)]
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    console = Console()
    if found:
        _show(console, found)
    else:
        console.print(_("Nothing is recorded in {root}.").format(root=root), soft_wrap=True)
    console.print(_how(settings, found), soft_wrap=True)


def _how(settings: "Settings", found: "list[Recorded]") -> str:
    """Say whether days are recorded, how much is kept, and how one is played."""
    wanted = settings.record
    if not wanted.enabled:
        said = _("Days are not recorded: set record.enabled = true, and start the trader again.")
    else:
        said = _("Days are recorded; the last {days} are kept, {megabytes:,} MB at most.").format(
            days=wanted.days, megabytes=wanted.megabytes
        )
    if not found:
        return said
    play = _("Play one: {command}").format(command=f"maemae demo --recording {found[-1].name}")
    return f"{said}\n{play}"


def _show(console: Any, found: "list[Recorded]") -> None:
    from maemae.cli.tables import table_of

    heads = (
        "=" + _("recording"), "=" + _("hours"), "#" + _("size"), "#" + _("frames"),
        "#" + _("answers"), "#" + _("instruments"), _("gaps"),
    )  # fmt: skip
    rows = [
        (
            one.name, _hours(one), _size(one.size), f"{one.frames:,}", f"{one.answers:,}",
            f"{one.names:,}", _gaps(one),
        )
        for one in found
    ]  # fmt: skip
    console.print(table_of("", heads, rows))


def _hours(one: "Recorded") -> str:
    if one.first is None or one.last is None:
        return "-"
    return f"{_clock(one.first)}–{_clock(one.last)}"


def _gaps(one: "Recorded") -> str:
    """Name the longest gaps, and say what else is missing."""
    longest = sorted(one.gaps, key=lambda gap: gap[0] - gap[1])[:_SHOWN]
    said = [f"{_clock(start)}–{_clock(end)}" for start, end in sorted(longest)]
    if more := len(one.gaps) - len(longest):
        said.append(_("{n} more").format(n=more))
    if one.lost:
        said.append(_("{n} entries are missing").format(n=f"{one.lost:,}"))
    if one.torn:
        said.append(_("the end of a file is missing"))
    return ", ".join(said) or _("none")


def _size(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"


def _clock(at: int) -> str:
    from maemae.exchange.moment import datetime_of

    return f"{datetime_of(at):%H:%M:%S}"


def _as_json(one: "Recorded") -> dict[str, object]:
    from maemae.exchange.moment import datetime_of

    def moment(at: int | None) -> str | None:
        return None if at is None else datetime_of(at).isoformat()

    return {
        "name": one.name,
        "venue": one.venue,
        "day": one.day.isoformat(),
        "folder": str(one.folder),
        "bytes": one.size,
        "first": moment(one.first),
        "last": moment(one.last),
        "frames": one.frames,
        "answers": one.answers,
        "instruments": one.names,
        "lost": one.lost,
        "gaps": [{"from": moment(start), "to": moment(end)} for start, end in one.gaps],
        "torn": one.torn,
    }
