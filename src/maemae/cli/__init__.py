"""The `maemae` command: one module per verb, each a thin face over the rooms below.

Exit status: 0 done; 1 the answer is no (books differ, a check failed); 2 bad input or settings;
70 a bug in maemae; 130 stopped by Ctrl-C.
"""

import os
import sys
from importlib import import_module

import typer

from maemae import __version__
from maemae.errors import MaemaeError
from maemae.i18n import LANGUAGES, _, set_language

COMMANDS: tuple[str, ...] = ("calendar", "instruments", "bars", "strategy", "exchange")
"""Modules of this package, in the order of the help page; each has `register(app)`."""


def build() -> typer.Typer:
    """Build the application in the language in force."""
    app = typer.Typer(
        name="maemae",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help=_("Automated trading of Korean and US stocks through the KIS Open API."),
    )

    @app.callback(invoke_without_command=True)
    def root(
        version: bool = typer.Option(False, "--version", help=_("Print the version and exit.")),
    ) -> None:
        if version:
            typer.echo(__version__)
            raise typer.Exit

    for name in COMMANDS:
        import_module(f"maemae.cli.{name}").register(app)
    return app


def main() -> None:
    """Run the command line; every error meant for a person ends as one line on stderr."""
    chosen = os.environ.get("MAEMAE_LANGUAGE", "ko")
    for language in LANGUAGES:
        if chosen == language:
            set_language(language)
    try:
        build()()
    except MaemaeError as error:
        print(f"maemae: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
