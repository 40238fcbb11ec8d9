"""The words of help pages that typer itself says, in the language in force."""

from maemae.i18n import N_, _

_WORDS = {
    "ARGUMENTS_PANEL_TITLE": N_("Arguments"),
    "OPTIONS_PANEL_TITLE": N_("Options"),
    "COMMANDS_PANEL_TITLE": N_("Commands"),
    "REQUIRED_LONG_STRING": N_("[required]"),
    "DEFAULT_STRING": N_("[default: {}]"),
}
"""Constants of `typer.rich_utils`, which offers no other way to translate them."""


def translate_help() -> None:
    """Let help pages speak the language in force.

    Complaints about flags stay in typer's English: what prints them is slow to load.
    """
    from typer import rich_utils

    for name, word in _WORDS.items():
        setattr(rich_utils, name, _(word))
