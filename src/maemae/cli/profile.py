"""`maemae profile`: what is known of the broker's server, how it is known, and since when."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

    from maemae.profile.observed import Observed
    from maemae.profile.profile import Profile
    from maemae.trader.settings import Settings

_MOST = 12
"""Message codes that are shown."""


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        invoke_without_command=True,
        help=_("What is known of the broker's server, how it is known and since when."),
    )
    group.callback()(profile)
    group.command(help=_("Rely on a fact that a probe or your own trading has shown."))(accept)
    app.add_typer(group, name="profile")


def profile(
    ctx: typer.Context,
    *,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show the profile of the server that takes the orders."""
    if ctx.invoked_subcommand is not None:
        return
    from rich.console import Console

    from maemae.profile.observed import read_observed
    from maemae.trader.server_profile import observed_path
    from maemae.trader.venue import data_dir

    settings = reach.settings_for(config, venue)
    known = _profile(settings)
    observed = read_observed(observed_path(data_dir(settings), settings.venue))
    if as_json:
        reach.print_json(_as_json(settings, known, observed))
        return
    console = Console()
    _show_facts(console, settings, known)
    _show_times(console, observed)


def accept(
    fact: Annotated[str, typer.Argument(help=_("Name of the fact, as `maemae profile` shows it."))],
    *,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Put what was found in force, though it makes maemae less careful."""
    from datetime import datetime

    from maemae.clock import KST
    from maemae.errors import CommandRefused
    from maemae.profile.facts import Fact, How, Known
    from maemae.profile.words import hows, meanings, value_of
    from maemae.trader.server_profile import personality_of, store
    from maemae.trader.venue import data_dir

    settings = reach.settings_for(config, venue)
    one = next((known for known in Fact if known.value == fact), None)
    found = None if one is None else _profile(settings).offered(one)
    if one is None or found is None:
        raise CommandRefused(
            _("{fact}: nothing was found that waits for your word; see `maemae profile`").format(
                fact=fact
            )
        )
    said = _("{fact}: {value} ({how} {since})").format(
        fact=meanings()[one], value=value_of(found), how=hows()[found.how], since=found.since
    )
    if not as_json:
        typer.echo(said)
    question = _("Rely on it on {venue} from the next start on?").format(venue=settings.venue)
    reach.ask(question, yes=yes)
    taken = Known(found.value, How.ACCEPTED, datetime.now(KST).date(), found.seconds)
    of = personality_of(settings, settings.venue)
    store(data_dir(settings), settings.venue, of, {one: taken})
    if as_json:
        reach.print_json({"fact": one.value, "value": taken.value, "how": taken.how.value})
    else:
        typer.echo(_("It counts from the next start on."))


def _profile(settings: "Settings") -> "Profile":
    from maemae.trader.server_profile import load_profile, personality_of
    from maemae.trader.venue import data_dir

    personality = personality_of(settings, settings.venue)
    return load_profile(data_dir(settings), settings.venue, personality)


def _show_facts(console: "Console", settings: "Settings", known: "Profile") -> None:
    from maemae.cli.tables import table_of
    from maemae.profile.facts import Fact
    from maemae.profile.words import hows, meanings, value_of

    words, how = meanings(), hows()
    title = _("{venue}: {server} server").format(
        venue=settings.venue,
        server=_("virtual (모의투자)") if known.personality == "virtual" else _("real (실전)"),
    )
    heads = (
        "=" + _("name of the fact"),
        _("fact"),
        "=" + _("value"),
        "=" + _("known"),
        "=" + _("known since"),
    )
    rows = []
    for fact in Fact:
        ours = known.in_force(fact)
        row = (fact.value, words[fact], value_of(ours), how[ours.how], f"{ours.since}")
        rows.append(row)
    console.print(table_of(title, heads, rows))
    waiting = [fact for fact in Fact if known.offered(fact) is not None]
    for fact in waiting:
        console.print(
            _("{fact} was found; to rely on it: {command}").format(
                fact=fact.value, command=f"maemae profile accept {fact.value}"
            ),
            soft_wrap=True,
        )
    if settings.venue in ("sim", "dry"):
        console.print(_("A simulated exchange is traded as if nothing of this were known."))


def _show_times(console: "Console", observed: "Observed") -> None:
    from maemae.cli.tables import table_of
    from maemae.profile.observed import Time
    from maemae.profile.words import times

    words = times()
    rows = [
        (
            words[time],
            f"{len(observed.times[time.value]):,}",
            *(f"{observed.part(time, share):,}" for share in (0.5, 0.99, 1.0)),
        )
        for time in Time
        if observed.times.get(time.value)
    ]
    if not rows:
        console.print(_("No order was timed yet: trading does that by itself."))
        return
    heads = (
        _("timed, in milliseconds"), "#" + _("times"), "#" + _("median"), "#99 %",
        "#" + _("longest"),
    )  # fmt: skip
    console.print(table_of("", heads, rows))
    codes = sorted(observed.codes.items(), key=lambda item: -item[1])[:_MOST]
    if codes:
        said = ", ".join(f"{code} {count:,}" for code, count in codes)
        console.print(_("message codes: {codes}").format(codes=said), soft_wrap=True)


def _as_json(settings: "Settings", known: "Profile", observed: "Observed") -> dict[str, Any]:
    from maemae.profile.facts import TWELVE, Fact
    from maemae.profile.observed import Time

    facts = []
    for fact in Fact:
        ours, offered = known.in_force(fact), known.offered(fact)
        facts.append(
            {
                "name": fact.value,
                "value": ours.value,
                "seconds": ours.seconds,
                "how": ours.how.value,
                "since": ours.since.isoformat(),
                "dangerous": fact in TWELVE,
                "offered": None if offered is None else offered.value,
            }
        )
    return {
        "venue": settings.venue,
        "server": known.personality,
        "facts": facts,
        "milliseconds": {
            time.value: {
                "count": len(observed.times.get(time.value, ())),
                "median": observed.part(time, 0.5),
                "p99": observed.part(time, 0.99),
                "longest": observed.part(time, 1.0),
            }
            for time in Time
        },
        "codes": observed.codes,
    }
