"""What typer complains of on a command line, as one line in the language in force.

Typer's own sentences are English, and what prints them is slow to load.
"""

import re
from typing import Any

import typer

from maemae.i18n import N_, _

CommandLineError: type[Exception] = typer.BadParameter.__mro__[2]
"""Typer's class of errors in a command line, which it offers under no public name."""

_KNOWN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(shape), said)
    for shape, said in (
        (r"Missing argument '?(?P<what>[^.']*)'?\.(?P<more>.*)", N_("{what} is missing.{more}")),
        (r"Missing option '?(?P<what>[^.']*)'?\.(?P<more>.*)", N_("{what} is missing.{more}")),
        (r"Missing command\.", N_("say which command")),
        (
            r"No such command '(?P<what>.*?)'\. Did you mean (?P<near>.*)\?",
            N_("there is no command {what}; did you mean {near}?"),
        ),
        (r"No such command '(?P<what>.*)'\.", N_("there is no command {what}")),
        (
            r"No such option: (?P<what>\S+) \(Possible options: (?P<near>.*)\)",
            N_("there is no option {what}; did you mean {near}?"),
        ),
        (r"No such option: (?P<what>-[\d.,]+)", N_("{what}: nothing below zero is taken here")),
        (r"No such option: (?P<what>\S+)", N_("there is no option {what}")),
        (r"Got unexpected extra arguments?(?:\(s\))? \((?P<what>.*)\)", N_("too much: {what}")),
        (r"Option '(?P<what>.*)' requires .*", N_("option {what} needs a value")),
        (r"Option '(?P<what>.*)' does not take a value\.", N_("option {what} takes no value")),
        (r"Argument '(?P<what>.*)' takes (?P<n>\d+) values\.", N_("{what} takes {n} values")),
        (
            r"(?:Value )?(?P<what>'.*?') is not (?:one of|a valid choice\. Use) (?P<known>.*?)\.?",
            N_("{what} is none of {known}"),
        ),
        (
            r"(?:Value )?(?P<what>'.*') is not a valid (?:int|integer)\.?",
            N_("{what} is no whole number"),
        ),
        (r"(?:Value )?(?P<what>'.*') is not a valid float\.?", N_("{what} is no number")),
        (r"(?:Value )?(?P<what>'.*') is not a valid (?P<kind>.*?)\.?", N_("{what} is no {kind}")),
        (
            r"(?P<what>.*) is not in the range (?P<range>.*)\.",
            N_("{what} is not in the range {range}"),
        ),
        (r"Input should be a valid integer.*", N_("a whole number is needed")),
        (r"Input should be a valid (?:number|decimal).*", N_("a number is needed")),
        (r"Input should be a valid (?:date|datetime).*", N_("a date is needed (YYYY-MM-DD)")),
        (r"Input should be a valid boolean.*", N_("yes or no is needed")),
        (r"Input should be greater than or equal to (?P<n>\S+)", N_("it must be {n} or more")),
        (r"Input should be greater than (?P<n>\S+)", N_("it must be more than {n}")),
        (r"Input should be less than or equal to (?P<n>\S+)", N_("it must be {n} or less")),
        (r"Input should be less than (?P<n>\S+)", N_("it must be less than {n}")),
        (r"Input should be (?P<known>'.*)", N_("it must be one of {known}")),
        (r"\w+ (?P<what>'.*') does not exist\.", N_("{what} does not exist")),
        (r"\w+ (?P<what>'.*') is a (?:file|directory)\.", N_("{what} is of the wrong kind")),
        (r"\w+ (?P<what>'.*') is not readable\.", N_("{what} cannot be read")),
        (r"\w+ (?P<what>'.*') is not writable\.", N_("{what} cannot be written")),
    )
)
"""Typer's sentences, and ours for them."""

FEW = 8
"""Commands of a group that are all named where one is not among them."""

_PLACE = re.compile(r"Invalid value(?: for '?(?P<place>.*?)'?)?: (?P<rest>.*)", re.DOTALL)


def complaint(error: Any) -> str:
    """Say what is wrong with a command line, and where to read how it should be.

    Args:
        error: a `CommandLineError`.
    """
    said = str(error.format_message())
    place = _PLACE.fullmatch(said)
    if place is not None:
        said = _translated(place["rest"])
        said = f"{place['place']}: {said}" if place["place"] else said
    else:
        said = _translated(said)
    context = getattr(error, "ctx", None)
    if context is None:
        return said
    more = _more(error, context)
    said = f"{said.rstrip('.')}: {more}" if more else said
    return _("{said} (usage: {command} --help)").format(said=said, command=context.command_path)


def _more(error: Any, context: Any) -> str:
    """Say what a missing argument is, or which commands a small group has."""
    said = str(error.format_message())
    missing = getattr(getattr(error, "param", None), "help", None)
    if missing and said.startswith("Missing argument"):
        return str(missing).strip().rstrip(".")
    if said.startswith("No such command") and "Did you mean" not in said:
        known = list(context.command.list_commands(context))
        return _("there are {known}").format(known=", ".join(known)) if len(known) <= FEW else ""
    return ""


def _translated(said: str) -> str:
    for shape, ours in _KNOWN:
        found = shape.fullmatch(said)
        if found is not None:
            return _(ours).format(**found.groupdict(default=""))
    return said
