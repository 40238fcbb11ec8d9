"""`maemae init`: from nothing to settings, keys and a first check-up."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import reach
from maemae.cli.names import strategies
from maemae.errors import SettingsError
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.setup.init.conversation import Answers
    from maemae.trader.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Ask what is needed, write maemae.toml and keep the keys; then check."))(
        init
    )


def init(
    *,
    config: Annotated[Path, typer.Option("--config", help=_("Settings file to write."))] = Path(
        "maemae.toml"
    ),
    language: Annotated[str | None, typer.Option(help=_("ko or en."))] = None,
    venue: reach.Venue = None,
    paper_account: Annotated[
        str | None, typer.Option(help=_("Virtual account, as 12345678-01."))
    ] = None,
    live_account: Annotated[
        str | None, typer.Option(help=_("Real account, as 12345678-01."))
    ] = None,
    product: Annotated[str | None, typer.Option(help=_("Product code behind the account."))] = None,
    hts_id: Annotated[str | None, typer.Option(help=_("HTS ID."))] = None,
    way: Annotated[
        str | None, typer.Option(help=_("How it trades: condition, plan, targets, strategy."))
    ] = None,
    condition: Annotated[
        str | None, typer.Option(help=_("number of the saved condition search"))
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(help=_("Strategy of a plan or strategy book."), autocompletion=strategies),
    ] = None,
    targets: Annotated[str | None, typer.Option(help=_("List of a targets book."))] = None,
    amount: Annotated[str | None, typer.Option(help=_("won spent per name"))] = None,
    take_profit: Annotated[str | None, typer.Option(help=_("Take profit, percent"))] = None,
    stop_loss: Annotated[str | None, typer.Option(help=_("Stop loss, percent"))] = None,
    max_names: Annotated[str | None, typer.Option(help=_("names held at most"))] = None,
    search_seconds: Annotated[
        str | None, typer.Option(help=_("seconds between two searches"))
    ] = None,
    chat_id: Annotated[str | None, typer.Option(help=_("Telegram chats that are told."))] = None,
    take_from: Annotated[
        list[Path] | None,
        typer.Option("--import", help=_("Take keys and values from this file (YAML or .env).")),
    ] = None,
    import_venue: Annotated[
        str | None,
        typer.Option(help=_("Whose keys the file has, where it contradicts itself: paper, live.")),
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask/--no-input", help=_("Ask, or take flags and defaults."))
    ] = True,
    check: Annotated[
        bool, typer.Option("--doctor/--no-doctor", help=_("Check everything at the end."))
    ] = True,
) -> None:
    """Set maemae up."""
    given = {
        "language": language,
        "venue": venue,
        "paper.account": paper_account,
        "live.account": live_account,
        "product": product,
        "import": import_venue,
        "live.hts_id": hts_id,
        "book.way": way,
        "book.condition": condition,
        "book.strategy": strategy,
        "book.file": targets,
        "book.amount": amount,
        "book.take_profit": take_profit,
        "book.stop_loss": stop_loss,
        "book.max_names": max_names,
        "book.search_seconds": search_seconds,
        "telegram.chat_ids": chat_id,
    }
    answers = _interview(config, given, take_from or [], ask=ask)
    if answers is None:
        typer.echo(_("Nothing was written."))
        raise typer.Exit(1)
    _write(config, answers)
    if ask and ("telegram", "token") in answers.secrets:
        _find_chat(config, answers)
    if not check:
        return
    typer.echo()
    from maemae.cli.doctor import check_up

    found = asyncio.run(check_up(config))
    if any(one.verdict == "fault" for one in found):
        raise typer.Exit(1)
    typer.echo(_("Next: maemae run --venue {venue}").format(venue=answers.settings["venue"]))
    if answers.settings["venue"] != "sim":
        typer.echo(_("The first run buys nothing until you say so: maemae confirm"))


def _interview(
    config: Path, given: Mapping[str, Any], files: list[Path], *, ask: bool
) -> "Answers | None":
    """Ask, show the answers, and return them if they may be written."""
    from maemae.setup.init.conversation import Interview, Nobody, summary
    from maemae.setup.init.found import kept, look, read
    from maemae.trader.keys import find_secret

    settings = _current(config)
    found = [read(one) for one in files] or [*look(Path.cwd(), Path.home()), *kept()]
    asker = _terminal() if ask else Nobody()
    ways, book = _ways(settings)
    interview = Interview(
        asker,
        given,
        _known(settings, book),
        lambda owner, name: find_secret(owner, name) is not None,
    )
    answers = interview.run(found, again=config.is_file(), ways=ways)
    asker.say("")
    for name, value in summary(answers):
        asker.say(f"  {name} = {value}")
    if not asker.confirm(_("Write this to {file}?").format(file=config), default=True):
        return None
    return answers


def _current(config: Path) -> "Settings":
    from maemae.trader.settings import load_settings

    if not config.parent.is_dir():
        raise SettingsError(_("there is no folder {folder}").format(folder=config.parent))
    return load_settings(config if config.is_file() else Path(os.devnull))


def _ways(settings: "Settings") -> tuple[tuple[str, ...], Any]:
    """Return the ways of trading to ask about, and the book of the file that they are of."""
    from maemae.setup.init.ways import BOOKS

    if "book" not in settings.model_fields_set:
        return tuple(BOOKS), None
    known = {
        word: [one for one in settings.book if type(one) is book] for word, book in BOOKS.items()
    }
    for word, found in known.items():
        alone = len(settings.book) == 1 or word == "condition"
        if alone and len(found) == 1:
            return (word,), found[0]
    return (), None


def _known(settings: "Settings", book: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"venue": settings.venue, "language": settings.language}
    for venue, keys in (("paper", settings.paper), ("live", settings.live)):
        known |= {f"{venue}.account": keys.account, f"{venue}.hts_id": keys.hts_id}
    said = {f"book.{name}": value for name, value in dict(book or ()).items()}
    return known | said | ({"book.way": book.way} if book else {})


def _write(config: Path, answers: "Answers") -> None:
    """Keep the secrets and write the file, after seeing that it will be accepted."""
    from maemae.cli import words
    from maemae.reading import SETTINGS, read_text
    from maemae.setup.document import edited
    from maemae.trader.keys import keep_secret
    from maemae.trader.settings import Settings, load_settings

    text = read_text(config, SETTINGS, SettingsError) if config.is_file() else ""
    fresh = config.with_name(f"{config.name}.new")
    try:
        fresh.write_text(edited(text, answers.settings, Settings), encoding="utf-8")
        load_settings(fresh)
        homes = {keep_secret(*entry, secret) for entry, secret in answers.secrets.items()}
        fresh.replace(config)
    except OSError as error:
        why = _("{file} cannot be written: {why}").format(file=config, why=error.strerror)
        raise SettingsError(why) from error
    finally:
        fresh.unlink(missing_ok=True)
    typer.echo(_("{file} is written.").format(file=config))
    for home in homes:
        typer.echo(words.kept(home))


def _find_chat(config: Path, answers: "Answers") -> None:
    """Connect the owner's chat, where its number is not known."""
    if answers.settings.get("telegram.chat_ids"):
        return
    from maemae.cli.notify import telegram

    telegram(config, seconds=180)


def _terminal() -> Any:
    """Return who asks at the terminal.

    Raises:
        SettingsError: nobody is there.
    """
    import sys

    if not sys.stdin.isatty():
        raise SettingsError(_("nobody can be asked here: give flags and --no-input"))
    return Terminal()


class Terminal:
    """A person at a terminal."""

    def say(self, text: str) -> None:
        """Say something."""
        typer.echo(text)

    def ask(self, question: str, default: str, shown: str) -> str:
        """Ask; an empty answer is the default."""
        text = f"{question} [{shown}]" if shown else question
        return str(typer.prompt(text, default=default or None, show_default=False))

    def hidden(self, question: str) -> str:
        """Ask for a secret."""
        return str(typer.prompt(question, default="", show_default=False, hide_input=True))

    def confirm(self, question: str, *, default: bool) -> bool:
        """Ask for yes or no."""
        return typer.confirm(question, default=default)
