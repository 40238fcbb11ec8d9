"""`maemae prove dry`: nothing of a dry run leaves for the live server."""

from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli.reach import AsJson
from maemae.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

    from maemae.proof.unsent import Found


def register(prove: typer.Typer) -> None:
    """Add the command."""

    @prove.command(
        help=_("Let dry runs meet every fault, and look at what reaches the live server.")
    )
    def dry(
        events: Annotated[
            int, typer.Option(min=1, help=_("Commands, faults and steps of time, at least."))
        ] = 100_000,
        seed: Annotated[int, typer.Option(min=0, help=_("Seed of the moments."))] = 1,
        as_json: AsJson = False,
    ) -> None:
        import asyncio
        import logging
        import time

        import structlog
        from rich.console import Console

        from maemae.cli import reach
        from maemae.proof.unsent import Found, prove

        # Every drop of a stream would be a line.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        console = Console(stderr=as_json)
        began = time.perf_counter()
        with console.status("") as status:

            def told(found: Found) -> None:
                status.update(
                    _("{n:,} of {all:,} events").format(n=min(found.events, events), all=events)
                )

            found = asyncio.run(prove(events, seed, progress=told))
        if as_json:
            reach.print_json(vars_of(found))
        else:
            _show(console, found, time.perf_counter() - began)
        if found.sent:
            raise typer.Exit(1)


def vars_of(found: "Found") -> dict[str, object]:
    """Return what was found as plain values."""
    return {name: getattr(found, name) for name in found.__slots__} | {"struck": dict(found.struck)}


def _show(console: "Console", found: "Found", seconds: float) -> None:
    lines = [
        _("{events:,} events in {lives:,} dry runs, {seconds:,.0f} s").format(
            events=found.events, lives=found.lives, seconds=seconds
        ),
        _("the live server got {calls:,} questions and {registrations:,} registrations").format(
            calls=found.calls, registrations=found.registrations
        ),
        _("the exchange inside took {n:,} orders; {forced:,} were put to the live client").format(
            n=found.inside, forced=found.forced
        ),
        _("faults that struck: {faults}").format(
            faults=", ".join(f"{kind} {n:,}" for kind, n in found.struck.most_common())
        ),
        _("calls at the live server that trade or name an account: {n}").format(n=len(found.sent)),
    ]
    for line in (*lines, *found.sent):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
