"""The words of help pages that typer itself says, in the language in force."""

from maemae.i18n import N_, _

_WORDS = {
    "ARGUMENTS_PANEL_TITLE": N_("Arguments"),
    "OPTIONS_PANEL_TITLE": N_("Options"),
    "COMMANDS_PANEL_TITLE": N_("Commands"),
    "ERRORS_PANEL_TITLE": N_("Error"),
    "REQUIRED_LONG_STRING": N_("[required]"),
    "DEFAULT_STRING": N_("[default: {}]"),
    "ABORTED_TEXT": N_("Aborted."),
}
"""Constants of `typer.rich_utils`, which offers no other way to translate them."""


def translate_help() -> None:
    """Let help pages and complaints about flags speak the language in force."""
    from typer import rich_utils

    for name, word in _WORDS.items():
        setattr(rich_utils, name, _(word))
