"""`--assume-not`: the facts about the broker that a simulated one can break."""

from typing import TYPE_CHECKING

import typer

from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.profile.facts import Fact


def list_switches() -> None:
    """Print each fact that can be denied, and what happens then."""
    from maemae.exchange.behaviour import SWITCHES
    from maemae.profile.words import denials, meanings

    facts, denied, line = meanings(), denials(), _("{fact}; denied: {denial}")
    for fact in SWITCHES:
        typer.echo(f"{fact.value}: " + line.format(fact=facts[fact], denial=denied[fact]))


def switches(names: list[str]) -> "frozenset[Fact]":
    """Return the facts with these names.

    Raises:
        typer.BadParameter: there is none of a name.
    """
    from maemae.exchange.behaviour import SWITCHES

    known = {one.value: one for one in SWITCHES}
    for name in names:
        if name not in known:
            raise typer.BadParameter(
                _("{name} is none of: {names}").format(name=name, names=", ".join(known)),
                param_hint="--assume-not",
            )
    return frozenset(known[name] for name in names)
