"""`maemae exchange --describe`: what the market of a scenario looks like."""

from typing import TYPE_CHECKING

from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.exchange.running import Options


def show(options: "Options", days: int) -> None:
    """Print the statistics of a scenario's days beside those of the real market or a fair game."""
    from rich.console import Console
    from rich.table import Table

    from maemae.exchange.hours import Hours
    from maemae.exchange.minutes import read_minutes
    from maemae.exchange.replay import DayMarket
    from maemae.exchange.running import market_of
    from maemae.exchange.survey.survey import Survey

    source, calendar, day = market_of(options)
    survey = Survey()
    for number in range(days):
        day = calendar.next_session(day) if number else day
        hours = Hours.of(calendar.session(day))
        minutes = (
            read_minutes(options.minutes, hours, options.aside, calendar) if options.minutes else {}
        )
        survey.add(DayMarket(source.listings(day), hours, options.seed, minutes=minutes))
    survey.replay(Hours.of(calendar.session(day)), options.seed)
    table = Table(show_lines=False)
    for head in (_("what"), _("here"), _("real, or fair")):
        table.add_column(head, overflow="fold")
    for line in survey.lines():
        table.add_row(line.what, line.here, line.wanted)
    Console().print(table)
