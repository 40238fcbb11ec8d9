"""`maemae probe`: ask the broker's server with a few orders of one share how it behaves.

Exit status 2: something could not be cleaned up, and that is said.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.setup.probe.run import Outcome
    from maemae.trader.settings import Settings

VENUES = ("paper", "sim")

LEFT_OVER = 2
"""Exit status where something is left."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Ask the broker's server, with a few orders of one share, how it behaves."))(
        probe
    )


def probe(
    *,
    code: Annotated[
        list[str] | None,
        typer.Option(help=_("Name to use (repeatable); without: a cheap one with much volume.")),
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help=_("Clean up after a probe that was interrupted."))
    ] = False,
    share: Annotated[
        bool, typer.Option("--share", help=_("Print what was found, to paste into a report."))
    ] = False,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Probe the server that takes the orders of a venue."""
    from maemae.errors import SettingsError

    settings = reach.settings_for(config, venue)
    if settings.venue not in VENUES:
        raise SettingsError(
            _("the probe sends orders: it asks on paper and sim alone, not on {venue}").format(
                venue=settings.venue
            )
        )
    if share:
        typer.echo(_shared(settings), nl=False)
        return
    asyncio.run(_clean(settings) if clean else _probe(settings, code or [], yes=yes, json=as_json))


async def _probe(settings: "Settings", codes: list[str], *, yes: bool, json: bool) -> None:
    from maemae.setup.probe.run import check_clean, check_ledger, check_time, choose, probe
    from maemae.trader.lock import sole_trader
    from maemae.trader.venue import data_dir, open_venue

    check_clean(settings)
    async with open_venue(settings) as venue:
        with sole_trader(data_dir(settings), venue.name, venue.account):
            check_time(venue.clock.now())
            check_ledger(settings, venue)
            name, price = await choose(venue, codes)
            if not json:
                _announce(settings, name.code, price)
            reach.ask(_("Send these orders?"), yes=yes)
            outcome = await probe(settings, venue, name)
            found = _keep(settings, outcome, venue.clock.now().date())
    if json:
        reach.print_json(_as_json(outcome))
    else:
        _show(outcome, kept=found)
    if outcome.problems:
        raise typer.Exit(LEFT_OVER)


async def _clean(settings: "Settings") -> None:
    from maemae.setup.probe.run import clean_up
    from maemae.trader.lock import sole_trader
    from maemae.trader.venue import data_dir, open_venue

    async with open_venue(settings) as venue:
        with sole_trader(data_dir(settings), venue.name, venue.account):
            problems = await clean_up(settings, venue)
    _say_problems(problems)
    if problems:
        raise typer.Exit(LEFT_OVER)
    typer.echo(_("Everything is as it was before the probe."))


def _announce(settings: "Settings", code: str, price: int) -> None:
    from maemae.setup.probe.hand import MOST_ORDERS, MOST_TIME

    typer.echo(
        _(
            "This sends {orders} orders at most to {venue}, each of one share of {code} "
            "({price}원): purchases at the lower limit price and a sale at the upper one, which "
            "are cancelled again, and one share that is bought at market and sold again. It takes "
            "{minutes} minutes at most, cancels and sells whatever happens, and compares with the "
            "beginning."
        ).format(
            orders=MOST_ORDERS,
            venue=settings.venue,
            code=code,
            price=f"{price:,}",
            minutes=int(MOST_TIME.total_seconds() // 60),
        )
    )


def _keep(settings: "Settings", outcome: "Outcome", on: Any) -> bool:
    """Keep what was found on paper; a simulated exchange is another one tomorrow."""
    from maemae.setup.probe.run import known_of
    from maemae.trader.server_profile import personality_of, store
    from maemae.trader.venue import data_dir

    if settings.venue == "sim":
        return False
    personality = personality_of(settings, settings.venue)
    store(data_dir(settings), settings.venue, personality, known_of(outcome, on))
    return True


def _show(outcome: "Outcome", *, kept: bool) -> None:
    from datetime import date

    from rich.console import Console

    from maemae.cli.tables import table_of
    from maemae.profile.facts import How, Known
    from maemae.profile.words import meanings, value_of

    words = meanings()
    heads = ("=" + _("name of the fact"), _("fact"), "=" + _("verdict"), _("what showed it"))
    rows = []
    for one in outcome.findings:
        verdict = _("could not tell")
        if one.holds is not None:
            verdict = value_of(Known(one.holds, How.PROBED, date.min, one.seconds))
        rows.append((one.fact.value, words[one.fact], verdict, one.evidence))
    console = Console()
    console.print(table_of("", heads, rows))
    took = _("{orders} orders, {seconds} s.").format(orders=outcome.orders, seconds=outcome.seconds)
    console.print(took)
    if kept:
        console.print(_("Kept in the profile: `maemae profile` shows it."))
    else:
        console.print(_("Nothing is kept: a simulated exchange is another one tomorrow."))
    _say_problems(outcome.problems)
    if not outcome.problems:
        console.print(_("Everything is as it was before the probe."))


def _say_problems(problems: Any) -> None:
    for problem in problems:
        typer.echo(_("not cleaned up: {problem}").format(problem=problem), err=True)
    if problems:
        typer.echo(_("Look into the account, then run `maemae probe --clean`."), err=True)


def _as_json(outcome: "Outcome") -> dict[str, Any]:
    return {
        "findings": [
            {
                "fact": one.fact.value,
                "holds": one.holds,
                "seconds": one.seconds,
                "evidence": one.evidence,
            }
            for one in outcome.findings
        ],
        "orders": outcome.orders,
        "seconds": outcome.seconds,
        "codes": sorted(set(outcome.codes)),
        "problems": list(outcome.problems),
    }


def _shared(settings: "Settings") -> str:
    """Return the probed facts as the text of a profile: names, values, days, and nothing else."""
    from maemae.errors import SettingsError
    from maemae.profile.facts import How
    from maemae.profile.file import text_of
    from maemae.trader.server_profile import personality_of, stored
    from maemae.trader.venue import data_dir

    personality = personality_of(settings, settings.venue)
    facts = stored(data_dir(settings), settings.venue, personality)
    probed = {key: known for key, known in facts.items() if key[1] is How.PROBED}
    if not probed:
        raise SettingsError(_("nothing was probed on {venue} yet").format(venue=settings.venue))
    return text_of(personality, probed)
