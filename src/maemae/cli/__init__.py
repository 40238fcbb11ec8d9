"""The `maemae` command: one module per verb, each a thin face over the rooms below.

Exit status: 0 done; 1 the answer is no (books differ, a check failed); 2 bad input or settings;
3 the ledger vanished while maemae ran; 70 a bug in maemae; 130 stopped by Ctrl-C.
"""

import errno
import os
import sys
from importlib import import_module
from pathlib import Path

import typer

from maemae import __version__
from maemae.cli.complaints import CommandLineError, complaint
from maemae.cli.panels import MOVED, Ordered, arrange
from maemae.cli.wide import mend_wrapping
from maemae.errors import MaemaeError
from maemae.i18n import LANGUAGES, Language, _, set_language
from maemae.reading import read_toml

COMMANDS: tuple[str, ...] = (
    "demo",
    "run",
    "plan",
    "ask",
    "scan",
    "confirm",
    "steer",
    "moves",
    "dashboard",
    "notify",
    "init",
    "config",
    "doctor",
    "backup",
    "ledger",
    "golive",
    "profile",
    "probe",
    "shadow",
    "calendar",
    "instruments",
    "bars",
    "recordings",
    "strategy",
    "analyse",
    "backtest",
    "exchange",
    "venue_clock",
    "call",
    "stream",
    "prove",
)
"""Modules of this package, in the order of the help page; each has `register(app)`."""

GROUPS = frozenset(
    {"bars", "config", "instruments", "ledger", "notify", "plan", "prove", "strategy", *MOVED}
    - {"dashboard"}
)
"""Commands that only have commands of their own."""

COMPLETING = "_MAEMAE_COMPLETE"
"""Where a shell says that it asks for completions."""

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""Faults of a disk that any command may meet, wherever it writes."""


def build() -> typer.Typer:
    """Build the application in the language in force."""
    app = typer.Typer(
        name="maemae",
        cls=Ordered,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help=_("Automated trading of Korean stocks through the KIS Open API."),
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
    arrange(app)
    return app


INTERRUPTED = 130
"""The exit status after Ctrl-C."""


def main() -> None:
    """Run the command line; every error meant for a person ends as one line on stderr."""
    set_language(_chosen_language(sys.argv))
    if COMPLETING not in os.environ:  # A shell waits for that, and draws it itself.
        mend_wrapping()
    if "--help" in sys.argv or not _has_work(sys.argv[1:]):
        from maemae.cli.help_words import translate_help

        translate_help()
    try:
        status = build()(standalone_mode=False)
    except MaemaeError as error:
        print(f"maemae: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from None
    except OSError as error:
        if error.errno not in _DISK:
            raise
        print(f"maemae: {error.filename or 'disk'}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        status = INTERRUPTED
    except typer.Abort:
        print(f"maemae: {_('stopped; nothing was done')}", file=sys.stderr)
        raise SystemExit(1) from None
    except CommandLineError as error:
        if type(error).__name__ != "NoArgsIsHelpError":
            print(f"maemae: {complaint(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    if status == INTERRUPTED:  # What typer makes of Ctrl-C, which says nothing.
        print(f"maemae: {_('ended by Ctrl-C')}", file=sys.stderr)
    raise SystemExit(status if isinstance(status, int) else 0)


def _has_work(arguments: list[str]) -> bool:
    """Whether a command is given; a group alone, such as `bars`, shows its help."""
    return bool(arguments) and arguments not in [[name] for name in GROUPS]


def _chosen_language(arguments: list[str]) -> Language:
    """Find the language before anything is said.

    Environment, then settings file, then the language of the system (`LC_ALL`, `LC_MESSAGES`,
    `LANG`); Korean where none of them says anything.

    A file that cannot be read is complained about where the settings are loaded, not here.
    """
    chosen = os.environ.get("MAEMAE_LANGUAGE")
    if chosen is None:
        given = arguments[arguments.index("--config") + 1 :] if "--config" in arguments else []
        try:
            chosen = read_toml(Path(given[0] if given else "maemae.toml")).get("language")
        except MaemaeError:
            chosen = None
    return next((language for language in LANGUAGES if language == chosen), _of_system())


def _of_system() -> Language:
    """Return the language of the system: Korean where it is, or where it says nothing."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    said = next((name for name in names if name), "")
    silent = said.partition(".")[0] in ("", "C", "POSIX")
    return "ko" if silent or said.lower().startswith("ko") else "en"
