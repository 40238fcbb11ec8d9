"""The words of help pages that typer itself says, in the language in force."""

from collections.abc import Callable
from typing import Any

from maemae.i18n import N_, _

_WORDS = {
    "ARGUMENTS_PANEL_TITLE": N_("Arguments"),
    "OPTIONS_PANEL_TITLE": N_("Options"),
    "COMMANDS_PANEL_TITLE": N_("Commands"),
    "REQUIRED_LONG_STRING": N_("[required]"),
    "DEFAULT_STRING": N_("[default: {}]"),
}
"""Constants of `typer.rich_utils`, which offers no other way to translate them."""


_USAGE = {"[OPTIONS]": N_("[OPTIONS]"), "COMMAND [ARGS]...": N_("COMMAND [ARGS]...")}
"""What the line of usage says besides names."""

_TYPES = {
    "str": N_("text"),
    "path": N_("path"),
    "file": N_("path"),
    "int": N_("whole number"),
    "int range": N_("whole number"),
    "float": N_("number"),
    "float range": N_("number"),
    "list[str]": N_("text"),
    "str,str": N_("two texts"),
    "%Y-%m-%d": N_("day"),
}
"""Kinds of values, as typer spells them between `<` and `>`."""

_OPTIONS = (
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
"""Options that typer adds itself."""


def _in_words(get: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a `get_help_option` whose option explains itself in the language in force."""

    def translated(self: Any, ctx: Any) -> Any:
        for param in self.params:
            if getattr(param, "help", None) in _OPTIONS:
                param.help = _(param.help)
        option = get(self, ctx)
        if option is not None:
            option.help = _("Show this message and exit.")
        return option

    return translated


def _of_kind(kind: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a `display_type_rich` in the language in force; a flag has no kind."""

    def translated(self: Any, ctx: Any) -> Any:
        said = kind(self, ctx)
        if said == "<bool>":
            return None
        spelt = str(said).removesuffix("...").strip("<>")
        return f"<{_(_TYPES[spelt])}>" if spelt in _TYPES else said

    return translated


def translate_help() -> None:
    """Let help pages speak the language in force."""
    import typer
    from typer import rich_utils

    formatter: Any = typer.Context.formatter_class

    class Formatter(formatter):  # type: ignore[misc] # the class that typer has at the moment
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            for theirs, ours in _USAGE.items():
                args = args.replace(theirs, _(ours))
            super().write_usage(prog, args, prefix or _("Usage: "))

    offered: Any
    context: Any = typer.Context.__mro__[1]  # Of which typer makes every context.
    context.formatter_class = Formatter
    for offered in (typer.core.TyperCommand, typer.core.TyperGroup):
        offered.get_help_option = _in_words(offered.get_help_option)

    offered = (typer.core.TyperOption, typer.core.TyperArgument)
    for param in offered:
        param.display_type_rich = _of_kind(param.display_type_rich)

    for name, word in _WORDS.items():
        setattr(rich_utils, name, _(word))
