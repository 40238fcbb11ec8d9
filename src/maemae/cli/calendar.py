"""`maemae calendar`: trading days, closures and special hours."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import typer

from maemae.cli.reach import AsJson, print_json
from maemae.errors import DataError
from maemae.i18n import _, language

if TYPE_CHECKING:
    from maemae.market.calendar import Calendar


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Show the trading days, closures and special hours of the Korea Exchange."))
    def calendar(
        year: int | None = typer.Option(None, help=_("The year to show; this year when left out.")),
        day: str | None = typer.Option(
            None, help=_("Show the sessions of one day, as YYYY-MM-DD.")
        ),
        as_json: AsJson = False,
    ) -> None:
        if as_json:
            print_json(_day(_parse(day)) if day else _year(year or _today().year))
        elif day:
            _show_day(_parse(day))
        else:
            _show_year(year or _today().year)


def _today() -> date:
    from maemae.clock import SystemClock

    return SystemClock().now().date()


def _parse(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(_("--day {text}: give a date as YYYY-MM-DD").format(text=text)) from None


def _year(year: int) -> list[dict[str, object]]:
    """Return the trading days of a year, for scripts."""
    calendar = _calendar_of(year)
    days = calendar.sessions(date(year, 1, 1), date(year, 12, 31))
    return [
        {"day": one.day, "open": one.open, "close": one.close}
        for one in map(calendar.session, days)
    ]


def _day(day: date) -> dict[str, object]:
    """Return the sessions of a day, for scripts; none where it is closed."""
    from maemae.market.phases import Venue, phases

    calendar = _calendar_of(day.year)
    told: dict[str, object] = {
        "day": day,
        "previous": calendar.previous_session(day),
        "next": calendar.next_session(day),
        "sessions": [],
    }
    if not calendar.is_session(day):
        return told
    told["settles"] = calendar.settlement(day)
    told["sessions"] = [
        {
            "venue": venue.value,
            "session": phase.kind.value,
            "orders_from": phase.orders_from,
            "start": phase.start,
            "end": phase.end,
            "certain": phase.certain,
        }
        for venue in (Venue.KRX, Venue.NXT)
        for phase in phases(calendar.session(day), venue)
    ]
    return told


def _calendar_of(year: int) -> "Calendar":
    from maemae.market.calendar import krx

    calendar = krx()
    if not calendar.first.year <= year <= calendar.last.year:
        raise DataError(
            _("the calendar knows the years {first} to {last}, not {year}").format(
                first=calendar.first.year, last=calendar.last.year, year=year
            )
        )
    return calendar


def _show_year(year: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from maemae.market.calendar import closure_names

    calendar = _calendar_of(year)
    days = calendar.sessions(date(year, 1, 1), date(year, 12, 31))
    rows = {d: (name, "") for d, name in closure_names(language()).items() if d.year == year}
    for session in map(calendar.session, days):
        if not session.is_regular:
            why = _("University entrance exam") if session.csat else _("First session of the year")
            rows[session.day] = (why, _hours(session.open, session.close))
    table = Table(title=_("Korea Exchange {year}: {n} trading days").format(year=year, n=len(days)))
    for heading in (_("Date"), _("Weekday"), _("Reason"), _("Hours")):
        table.add_column(heading)
    for d in sorted(rows):
        reason, hours = rows[d]
        table.add_row(f"{d}", _weekday(d), reason, hours or f"[dim]{_('closed')}[/dim]")
    Console().print(table)


def _show_day(day: date) -> None:
    from rich.console import Console
    from rich.table import Table

    from maemae.market.calendar import krx
    from maemae.market.phases import Venue, phases

    calendar = krx()
    if calendar.first <= day <= calendar.last and not calendar.is_session(day):
        _show_closed(day)
        return
    session = calendar.session(day)
    table = Table(title=f"{day} {_weekday(day)}")
    for heading in (_("Venue"), _("Session"), _("Orders from"), _("Hours")):
        table.add_column(heading)
    names = _phase_names()
    for venue in (Venue.KRX, Venue.NXT):
        for phase in phases(session, venue):
            doubt = "" if phase.certain else f" [yellow]{_('(no source, by pattern)')}[/yellow]"
            table.add_row(
                venue.value,
                names[phase.kind.value],
                f"{phase.orders_from:%H:%M:%S}",
                _hours(phase.start, phase.end) + doubt,
            )
    console = Console()
    console.print(table)
    console.print(
        _("Previous session {before}, next {after}, trades settle on {settles} (T+2).").format(
            before=calendar.previous_session(day),
            after=calendar.next_session(day),
            settles=calendar.settlement(day),
        ),
        highlight=False,
    )


def _show_closed(day: date) -> None:
    """Say why a day is closed and which sessions are around it."""
    from rich.console import Console

    from maemae.market.calendar import closure_names, krx

    calendar = krx()
    why = closure_names(language()).get(day, "")
    said = _("{day} {weekday}: closed{why}. Previous session {before}, next {after}.")
    Console().print(
        said.format(
            day=day,
            weekday=_weekday(day),
            why=f" ({why})" if why else "",
            before=calendar.previous_session(day),
            after=calendar.next_session(day),
        ),
        highlight=False,
    )


def _hours(start: datetime, end: datetime) -> str:
    pattern = "%H:%M:%S" if start.second or end.second else "%H:%M"
    return f"{start:{pattern}}–{end:{pattern}}"


def _weekday(day: date) -> str:
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day.weekday()]


def _phase_names() -> dict[str, str]:
    return {
        "pre_close_price": _("Pre-hours closing price"),
        "opening_auction": _("Opening auction"),
        "continuous": _("Continuous trading"),
        "closing_auction": _("Closing auction"),
        "post_close_price": _("After-hours closing price"),
        "single_price": _("Off-hours single price"),
        "pre_market": _("Pre-market"),
        "after_market": _("After-market"),
    }
