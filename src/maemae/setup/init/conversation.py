"""The questions of `maemae init`, in their order; knows no terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from maemae.errors import SettingsError
from maemae.i18n import LANGUAGES, _, language, set_language
from maemae.notify.scrub import scrub
from maemae.setup.init import readers
from maemae.setup.init.found import Found, Secrets
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

    def run(self, found: list[Found], *, again: bool, trades: bool) -> Answers:
        """Ask everything.

        Args:
            found: what other programs' files say.
            again: whether there is a settings file already.
            trades: whether the way of trading can be asked about: there is one, or none yet.
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
        if trades:
            self._trading()
        else:
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
            self.asker.say(_("Found {path}: {names}").format(path=one.path, names=names or "-"))
            if one.unused:
                self.asker.say("  " + _("not used: {names}").format(names=_few(one.unused)))
            if one and self.asker.confirm(_("Use it?"), default=not again):
                certain = one if one.verdict.venue else one.belonging(self._whose(one))
                self._found |= certain.settings
                self.answers.secrets |= certain.secrets
                self._imported |= certain.secrets.keys()
        if self.answers.secrets:
            kept = _("Its keys are kept in the keyring; then take them out of that file.")
            self.asker.say(kept)

    def _whose(self, one: Found) -> str:
        """Ask whose keys a file holds that contradicts itself."""
        said = _("{path} contradicts itself: {virtual} say paper, {real} say live")
        verdict = one.verdict
        self.asker.say(
            said.format(path=one.path, virtual=_few(verdict.virtual), real=_few(verdict.real))
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

    def _trading(self) -> None:
        asks: tuple[tuple[str, str, str, Read], ...] = (
            (
                "book.condition",
                _("Number of the condition search"),
                _("as saved in the HTS, screen 0110; `maemae doctor` lists them"),
                readers.count(0, 999),
            ),
            ("book.amount", _("Won per name"), _("spent on each name bought"), readers.won),
            (
                "book.take_profit",
                _("Take profit, percent"),
                _("sells when the profit after fees and tax reaches it"),
                readers.percent,
            ),
            (
                "book.stop_loss",
                _("Stop loss, percent"),
                _("sells when the loss after fees and tax reaches it"),
                readers.percent,
            ),
            (
                "book.max_names",
                _("Names held at most"),
                _("more are not bought until one is sold"),
                readers.count(1, 40),
            ),
            (
                "book.search_seconds",
                _("Seconds between two searches"),
                _("300: every five minutes"),
                readers.count(1, 86_400),
            ),
        )
        for key, question, about, read in asks[:_OWN]:
            self._ask(key, question, about, read)
        rest = [one for one in asks[_OWN:] if self.given.get(one[0]) is None]
        for key, question, _about, _read in rest:
            self.asker.say(f"  {question}: {self._usual(key, None)}")
        keep = not rest or self.asker.confirm(_("Trade with these numbers?"), default=True)
        for key, question, about, read in asks[_OWN:]:
            if keep and self.given.get(key) is None:
                self.answers.settings[key] = read(self._usual(key, None))
            else:
                self._ask(key, question, about, read)

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
                self.asker.say(f"  {wrong}")
            else:
                self.answers.settings[key] = value
                return value

    def _usual(self, key: str, default: Any) -> str:
        if key in self._found:
            return self._found[key]
        value = default if default is not None else self.known.get(key)
        if value is None or value == "":
            return ""
        if key in ("book.take_profit", "book.stop_loss"):
            return f"{value * 100:f}".rstrip("0").rstrip(".")
        return f"{value:,}" if isinstance(value, int) else str(value)


_SERVERS = ("paper", "live")
_BROKERAGE = "01"
"""The product code of an account whose owner gives none."""
_OWN = 2
"""The numbers of a way of trading that everybody has to say; the others have customary values."""
_FEW = 12
_BALANCE_SECONDS = 30
"""Between two messages of balance and profit, as programs for this broker customarily have it."""


def _few(names: Sequence[str]) -> str:
    """Return the first names of many."""
    rest = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" … +{rest}" if rest > 0 else "")


def summary(answers: Answers) -> list[tuple[str, str]]:
    """Return what would be written, for a last look; account numbers are masked."""
    return [(name, shown(value)) for name, value in answers.settings.items()]
