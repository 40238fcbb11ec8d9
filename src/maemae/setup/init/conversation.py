"""The questions of `maemae init`, in their order; knows no terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any, Protocol

from maemae.errors import SettingsError
from maemae.i18n import LANGUAGES, _, language, set_language
from maemae.notify.scrub import scrub
from maemae.setup.init import readers
from maemae.setup.init.found import Found, Secrets
from maemae.setup.init.ways import Asked, defaults, way
from maemae.setup.values import shown
from maemae.trader.settings import VENUES

Read = Callable[[str], Any]


class Asker(Protocol):
    """Whoever answers: a person at a terminal, or nobody."""

    def say(self, text: str) -> None:
        """Say something."""
        ...

    def ask(self, question: str, default: str, shown: str) -> str:
        """Ask; an empty answer is the default, which is shown as `shown`."""
        ...

    def hidden(self, question: str) -> str:
        """Ask for a secret, which is not shown; it may be empty."""
        ...

    def confirm(self, question: str, *, default: bool) -> bool:
        """Ask for yes or no."""
        ...


class Nobody:
    """Answers every question with its default; what has none is missing."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def ask(self, question: str, default: str, shown: str) -> str:
        """Take the default.

        Raises:
            SettingsError: there is none.
        """
        del shown
        if not default:
            raise SettingsError(
                _("{question}: nobody can be asked; give it as a flag").format(question=question)
            )
        return default

    def hidden(self, question: str) -> str:
        """Give no secret."""
        del question
        return ""

    def confirm(self, question: str, *, default: bool) -> bool:
        """Take the default."""
        del question
        return default


@dataclass
class Answers:
    """What is to be written: settings by full name, and secrets."""

    settings: dict[str, Any] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=dict, repr=False)


@dataclass
class Interview:
    """Asks what is not known yet.

    Args:
        asker: who answers.
        given: what flags say; not asked about.
        known: what holds now, by full name; the defaults of the questions.
        has_secret: tells whether a secret is kept already.
    """

    asker: Asker
    given: Mapping[str, Any]
    known: Mapping[str, Any]
    has_secret: Callable[[str, str], bool]
    answers: Answers = field(default_factory=Answers)
    _found: dict[str, str] = field(default_factory=dict)
    _imported: set[tuple[str, str]] = field(default_factory=set)

    def run(self, found: list[Found], *, again: bool, ways: Sequence[str]) -> Answers:
        """Ask everything.

        Args:
            found: what other programs' files say.
            again: whether there is a settings file already.
            ways: the ways of trading that can be asked about: that of the only book, all where
                there is no book yet, none where there are several.
        """
        self._language()
        self._import(found, again=again)
        venue = self._venue()
        if venue == "paper":
            self._account("paper", _("virtual (모의투자)"))
            self._hts_id()
            self._data_key()
        elif venue == "dry":
            self._key("live", _("real (실전)"))
            self._hts_id()
        elif venue == "live":
            self._account("live", _("real (실전)"))
            self._hts_id()
        if ways:
            self._trading(self._way(ways))
        else:
            self._no_book_flags()
            self.asker.say(_("The ways of trading in the file are left as they are."))
        self._telegram()
        return self.answers

    def _language(self) -> None:
        chosen = self._ask(
            "language",
            "언어 / language",
            "",
            readers.one_of(*LANGUAGES),
            language(),
        )
        set_language(chosen)

    def _import(self, found: list[Found], *, again: bool) -> None:
        for one in found:
            names = ", ".join(one.names)
            self.asker.say(_("Found {path}: {names}").format(path=one.source, names=names or "-"))
            if one.unused:
                self.asker.say("  " + _("not used: {names}").format(names=_few(one.unused)))
            if one and self.asker.confirm(_("Use it?"), default=not again):
                certain = one if one.verdict.venue else one.belonging(self._whose(one))
                self._found |= certain.settings
                self.answers.secrets |= certain.secrets
                self._imported |= certain.secrets.keys()
        self._costs()
        if self.answers.secrets:
            kept = _("Its keys are kept in the keyring; then take them out of that file.")
            self.asker.say(kept)

    def _costs(self) -> None:
        """Take over what a file says that trading costs, and say so: results follow from it."""
        told = {
            "costs.fee_bp": _("commission per side {n} %"),
            "costs.tax_bp": _("tax on sales {n} %"),
            "costs.slippage_bp": _("slippage {n} %"),
        }
        said = []
        for key, words in told.items():
            if key in self._found:
                points = Decimal(self._found[key])
                self.answers.settings[key] = points
                said.append(words.format(n=f"{points / 100:f}"))
        if said:
            self.asker.say(_("Costs as the file says: {costs}").format(costs=", ".join(said)))

    def _whose(self, one: Found) -> str:
        """Ask whose keys a file holds that contradicts itself."""
        said = _("{path} contradicts itself: {virtual} say paper, {real} say live")
        verdict = one.verdict
        self.asker.say(
            said.format(path=one.source, virtual=_few(verdict.virtual), real=_few(verdict.real))
        )
        about, question = _("nobody but you knows it"), _("Whose keys and account are these")
        venue = self._ask("import", question, about, readers.one_of(*_SERVERS), "")
        del self.answers.settings["import"]
        return str(venue)

    def _venue(self) -> str:
        for line in (
            _("sim: the simulated exchange on this machine, no account needed"),
            _("dry: live prices with a live key, orders simulated on this machine"),
            _("paper: KIS's virtual server (모의투자), play money"),
            _("live: real money; only after days on the other two"),
        ):
            self.asker.say(f"  {line}")
        has_keys = any(owner == "paper" for owner, _name in self.answers.secrets)
        usual = "paper" if has_keys and self.known["venue"] == "sim" else str(self.known["venue"])
        venue = self._ask("venue", _("Where do orders go"), "", readers.one_of(*VENUES), usual)
        return str(venue)

    def _account(self, venue: str, words: str) -> None:
        number = self._ask(
            f"{venue}.account",
            _("Account at the {server} server").format(server=words),
            _(
                "eight digits, as the KIS app shows them, and the product code behind: 01 "
                "brokerage (위탁; where none is given), 22 pension (연금저축), 29 retirement "
                "(퇴직연금)"
            ),
            readers.account,
        )
        if "-" not in number:
            number = f"{number}-{self._product()}"
        self.answers.settings[f"{venue}.account"] = number
        self._key(venue, words)

    def _product(self) -> str:
        """Return the product code of an account that was given without one."""
        given = self.given.get("product") or self._found.get("product") or _BROKERAGE
        try:
            return readers.product(str(given))
        except ValueError as wrong:
            raise SettingsError(f"product: {wrong}") from None

    def _key(self, venue: str, words: str) -> None:
        what = {
            "app_key": _("App key of the {server} server").format(server=words),
            "app_secret": _("App secret of the {server} server").format(server=words),
        }
        for name, question in what.items():
            self._secret(venue, name, question)

    def _secret(self, owner: str, name: str, question: str, *, needed: bool = True) -> None:
        """Ask for a secret that no file brought."""
        if (owner, name) in self.answers.secrets:
            return
        kept = self.has_secret(owner, name)
        hint = _("kept already, Enter leaves it") if kept else _("it is not shown")
        while True:
            given = self.asker.hidden(f"{question} ({hint})").strip()
            if not given and (kept or not needed or isinstance(self.asker, Nobody)):
                return
            try:
                self.answers.secrets[owner, name] = readers.secret(name, given)
            except ValueError as wrong:
                self.asker.say(f"  {wrong}")
            else:
                return

    def _hts_id(self) -> None:
        usual = self._found.get("live.hts_id") or self.known.get("paper.hts_id") or ""
        hts_id = self._ask(
            "live.hts_id",
            _("HTS ID"),
            _("whose saved condition searches are used, and who gets the execution notices"),
            readers.word,
            str(self.known.get("live.hts_id") or usual),
        )
        self.answers.settings |= {"paper.hts_id": hts_id, "live.hts_id": hts_id}

    def _data_key(self) -> None:
        """Ask for the live key that paper trading takes its data from."""
        self.asker.say(
            _(
                "The virtual server has no condition search. With a live key beside it, searches "
                "and quotes come from the real server; orders never go there."
            )
        )
        sources = (self._found, self.known, self.given)
        known = any(one.get("live.account") for one in sources)
        usual = known or not isinstance(self.asker, Nobody)
        if self.asker.confirm(_("Do you have a live app key?"), default=usual):
            self._account("live", _("real (실전)"))

    def _way(self, choices: Sequence[str]) -> str:
        """Ask in which way to trade, where there is more than one and no flag tells."""
        told = [word for word, key in _TELLING.items() if self.given.get(key) is not None]
        if self.given.get("book.way") is None and len(only := told or choices) == 1:
            self.answers.settings["book.way"] = only[0]
            return only[0]
        if self.given.get("book.way") is None:
            for one in choices:
                self.asker.say(f"  {way(one).about}")
        read = readers.one_of(*choices)
        return str(self._ask("book.way", _("How does it trade"), "", read, choices[0]))

    def _trading(self, word: str) -> None:
        """Ask what the way needs; its customary numbers are kept or changed at one question."""
        asks, usual = way(word), defaults(word)
        usual |= {key: value for key, value in self.known.items() if value is not None}
        self._leave_out({asks.own.name, *(one.name for one in asks.customary)})
        for number, (name, title) in enumerate(asks.choices, start=1):
            self.asker.say(f"  {number:>2} {name} · {title}")
        self._ask_of(asks.own, usual)
        rest = [one for one in asks.customary if self.given.get(one.name) is None]
        for one in rest:
            value = self._usual(one.name, usual.get(one.name))
            told = _("as the strategy says") if value == readers.NONE else value
            self.asker.say(f"  {one.question}: {told}")
        keep = not rest or self.asker.confirm(_("Trade with these numbers?"), default=True)
        for one in asks.customary:
            if not (keep and self._kept(one, usual)):
                self._ask_of(one, usual)

    def _kept(self, one: Asked, usual: Mapping[str, Any]) -> bool:
        """Take a number as it is; whether that could be done."""
        if self.given.get(one.name) is not None:
            return False
        try:
            value = one.read(self._usual(one.name, usual.get(one.name)))
        except ValueError as wrong:  # Another program's file has it, and it is none.
            self.asker.say(f"  {one.question}: {wrong}")
            return False
        self.answers.settings[one.name] = value
        return True

    def _ask_of(self, one: Asked, usual: Mapping[str, Any]) -> None:
        self._ask(one.name, one.question, one.about, one.read, usual.get(one.name))

    def _leave_out(self, theirs: set[str]) -> None:
        """Say which numbers the way does not have; a flag for one of them is wrong."""
        ours = {"book.way", *theirs}
        for key, value in self.given.items():
            if key.startswith("book.") and value is not None and key not in ours:
                said = _("{name}: this way of trading has no such setting")
                raise SettingsError(said.format(name=key))
        unused = [key for key in self._found if key.startswith("book.") and key not in ours]
        if unused:
            names = ", ".join(key.partition(".")[2] for key in unused)
            self.asker.say("  " + _("not used: {names}").format(names=names))

    def _no_book_flags(self) -> None:
        """Refuse a flag for a number of a book where it is not clear which book is meant.

        Raises:
            SettingsError: there is such a flag.
        """
        for key, value in self.given.items():
            if key.startswith("book.") and value is not None:
                said = _("{name}: the file has several ways of trading; change it there")
                raise SettingsError(said.format(name=key))

    def _telegram(self) -> None:
        given = self.given.get("telegram.chat_ids") is not None
        wanted = given or ("telegram", "token") in self.answers.secrets
        known = self.has_secret("telegram", "token")
        question = _("Shall maemae report to you on Telegram?")
        if not wanted and not self.asker.confirm(question, default=known):
            return
        asked = _("Bot token (send /newbot to @BotFather)")
        self._secret("telegram", "token", asked, needed=False)
        chat = self.given.get("telegram.chat_ids") or self._found.get("telegram.chat_ids")
        if chat:
            try:
                self.answers.settings["telegram.chat_ids"] = readers.chats(str(chat))
            except ValueError as wrong:
                raise SettingsError(_("telegram.chat_ids: {wrong}").format(wrong=wrong)) from None
        if ("telegram", "token") in self._imported:
            self._tell_as_before()

    def _tell_as_before(self) -> None:
        """Offer the messages that people who come from another program are used to."""
        question = _("Tell the balance every {n} s and each accepted order, as before?")
        if self.asker.confirm(question.format(n=_BALANCE_SECONDS), default=True):
            self.answers.settings["notify.summary_seconds"] = _BALANCE_SECONDS
            self.answers.settings["telegram.level"] = "detail"

    def _ask(self, key: str, question: str, about: str, read: Read, default: Any = None) -> Any:
        """Ask for a setting, until the answer can be read; what a flag says is not asked."""
        if self.given.get(key) is not None:
            try:
                value = read(str(self.given[key]))
            except ValueError as wrong:
                raise SettingsError(f"{key}: {wrong}") from None
            self.answers.settings[key] = value
            return value
        usual = self._usual(key, default)
        if about:
            self.asker.say(f"· {about}")
        while True:
            try:
                value = read(self.asker.ask(question, usual, scrub(usual)))
            except ValueError as wrong:
                if isinstance(self.asker, Nobody):  # It would say the same for ever.
                    raise SettingsError(f"{key}: {wrong}") from None
                self.asker.say(f"  {wrong}")
            else:
                self.answers.settings[key] = value
                return value

    def _usual(self, key: str, default: Any) -> str:
        if key in self._found:
            return self._found[key]
        value = default if default is not None else self.known.get(key)
        if value is None:
            return readers.NONE if key.startswith("book.") and key not in _NEEDED else ""
        if isinstance(value, Decimal):
            return f"{value * 100:f}".rstrip("0").rstrip(".")
        if isinstance(value, time):
            return f"{value:%H:%M}"
        return f"{value:,}" if isinstance(value, int) else str(value)


_SERVERS = ("paper", "live")
_BROKERAGE = "01"
"""The product code of an account whose owner gives none."""
_TELLING = {"condition": "book.condition", "targets": "book.file"}
"""Settings that only one way has: who gives one has chosen the way."""
_NEEDED = ("book.strategy",)
"""What a book cannot be without; the rest may be none."""
_FEW = 12
_BALANCE_SECONDS = 30
"""Between two messages of balance and profit, as programs for this broker customarily have it."""


def _few(names: Sequence[str]) -> str:
    """Return the first names of many."""
    rest = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" … +{rest}" if rest > 0 else "")


def summary(answers: Answers) -> list[tuple[str, str]]:
    """Return what would be written, for a last look; account numbers are masked."""
    said = answers.settings.items()
    return [(name, shown(value)) for name, value in said if value is not None]
