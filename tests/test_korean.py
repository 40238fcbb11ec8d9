"""In Korean no English sentence reaches a person: no error, refusal, incident or complaint.

`test_i18n` holds that every message has its Korean; this holds that every text is a message.
"""

import ast
import errno
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import polib
import pytest
import typer
from aiohttp.client_reqrep import ConnectionKey

import maemae
from maemae.causes import cause
from maemae.cli import build
from maemae.cli.complaints import CommandLineError, complaint
from maemae.cli.view import tell
from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.guard import ENTRY_RULES, EXIT_RULES
from maemae.desk.orders import OrderState
from maemae.desk.sights import Sight
from maemae.desk.state import State
from maemae.errors import WrongSettings
from maemae.i18n import set_language
from maemae.ledger.ledger import Ledger
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind
from maemae.notify import facts
from maemae.notify.texts import Texts
from maemae.proof.hazards import ROUGH
from maemae.proof.simulate import Plan, simulate
from maemae.service import incidents, rule_words, words
from maemae.service.denial_words import _COUNTED, _WON, denial, shares_at
from maemae.service.history import _TOLD, incident
from maemae.service.log_words import in_words
from maemae.trader import diary
from maemae.trader.plans.check import No
from maemae.trader.settings import load_settings
from maemae.trader.signals import HALTS

SOURCE = Path(maemae.__file__).parent
SENTENCE = re.compile(r"(?<![\w/.\-<\[{])[A-Za-z']*[a-z'](?:[ ,;:]+[a-z']{2,}){2,}(?![\w/=\-])")
"""Three words of English in a row."""
QUOTED = re.compile(
    r"`[^`]*`|\{[^}]*\}|\([\w .]*maemae [^)]*\)|maemae [a-z]+(?: [a-z]+)?|pip install.*"
)
"""What is typed as it stands, in any language."""

INTERNAL = {
    "InvariantError", "FrameError", "AssertionError", "TypeError", "AttributeError",
    "RuntimeError", "ValueError", "_reject",
}  # fmt: skip
"""Errors of our own making, which no person is meant to read, and what a decoder tells itself."""
UNHEARD = {
    "debug", "info", "warning", "error", "exception", "Field", "Meta", "compile", "create_task",
    "exec_driver_sql", "text", "classes", "props", "style", "N_", "_", "ngettext",
}  # fmt: skip
"""Calls whose words go to the log, to a page's make-up, or through translation."""
APART = (
    "proof", "catalogue", "exchange", "zones", "dashboard/door.py", "dashboard/frame.py",
    "dashboard/shape.py", "backtest/report", "notify/texts.py", "service/api/openapi.py",
    "service/api/routes.py", "setup/reference.py", "cli/complaints.py", "trader/diary.py",
    "strategy/kisyaml/catalogue.py",
)  # fmt: skip
"""For developers, protocols, markup, the log, and messages with a Korean table of their own."""


LOOKED_FOR = {"order of prices", "Exceeds the limit", "Output can be NaN or infinite"}
"""A name of a finding, and words of other programs that ours are told by."""


KEY = ConnectionKey("localhost", 1, False, True, None, None, None)


def latin(text: str) -> str | None:
    """The English sentence in a text, if there is one."""
    found = SENTENCE.search(QUOTED.sub("", text))
    return found[0] if found else None


def known() -> set[str]:
    """All messages that have their Korean."""
    files = sorted((SOURCE / "locale" / "ko").glob("*.po"))
    return {entry.msgid for file in files for entry in polib.pofile(file.read_text("utf-8"))}


def trees() -> Iterator[tuple[str, ast.AST, dict[ast.AST, ast.AST]]]:
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE).as_posix()
        if name.startswith(APART):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        yield name, tree, above


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def heard(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether a literal may reach a person as it stands."""
    if isinstance(above[node], ast.Expr):
        return False  # A docstring.
    while node in above and not isinstance(node, ast.stmt):
        node = above[node]
        if isinstance(node, ast.Compare):
            return False  # It is looked for, not said.
        if called(node) in UNHEARD | INTERNAL:
            return False
    return True


def translated(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether a literal goes through translation."""
    while node in above and not isinstance(node, ast.stmt):
        node = above[node]
        if called(node) in {"_", "N_", "ngettext"}:
            return True
    return False


def english() -> Iterator[tuple[str, str]]:
    """Every English sentence in the source that goes to a person without translation."""
    korean = known() | LOOKED_FOR
    for name, tree, above in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if latin(node.value) and node.value not in korean and heard(node, above):
                yield f"{name}:{node.lineno}", node.value


def raised() -> Iterator[tuple[str, str, bool]]:
    """Every raise of an error for people: the place, its class, and whether it says a literal."""
    spoken = ("trader/", "setup/", "strategy/", "reading.py")
    classes = {"DataError", "SettingsError", "WireError", "LedgerError", "LedgerAway",
               "LedgerVanished", "ExchangeError", "ServiceError", "CommandRefused", "RuleError",
               "KisRefused", "KisUnavailable", "KisUnreadable", "KisUnsent"}  # fmt: skip
    for name, tree, above in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Raise) or node.exc is None:
                continue
            kind = called(node.exc)
            if kind not in classes and not (kind == "ValueError" and name.startswith(spoken)):
                continue
            bare = [
                one
                for one in ast.walk(node)
                if isinstance(one, ast.Constant)
                and isinstance(one.value, str)
                and re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", one.value)
                and not translated(one, above)
            ]
            yield f"{name}:{node.lineno}", kind, bool(bare)


@pytest.fixture
def _korean() -> None:
    set_language("ko")


def test_a_sentence_is_told_from_names_and_codes() -> None:
    assert latin("the broker knows no such instrument")
    assert latin("설정: the file is empty")
    assert not latin("`maemae instruments update`로 받으세요")
    assert not latin("EGW00201 초당 거래건수를 초과하였습니다")


def test_every_error_for_people_is_translated_where_it_is_raised() -> None:
    found = list(raised())
    assert len(found) > 300
    assert [one for one in found if one[2]] == []


def test_no_english_sentence_goes_to_a_person_untranslated() -> None:
    assert list(english()) == []


def kinds() -> set[str]:
    """Every kind of incident that the source records or reports, as far as it is a literal."""
    found = set()
    for _name, tree, _above in trees():
        for node in ast.walk(tree):
            if called(node) in {"Incident", "Reported"} and isinstance(node, ast.Call):
                for word in node.keywords:
                    if word.arg == "kind" and isinstance(word.value, ast.Constant):
                        found.add(str(word.value.value))
    return found


def hangul(text: str) -> bool:
    return bool(re.search("[가-힣]", text)) and latin(text) is None


@pytest.mark.usefixtures("_korean")
def test_states_rules_refusals_and_incidents_are_korean() -> None:
    said = [incidents.title(kind) for kind in kinds()]
    said += [words.order_state(state) for state in OrderState]
    said += [words.halt(level) for level in rec.Halt]
    said += [words.sight(one) for one in Sight]
    said += [words.refusal(one) for one in RefusalKind if one is not RefusalKind.OTHER]
    said += [rule_words.rule(one) for one in {*ENTRY_RULES, *EXIT_RULES}]
    said += [words.impossible(one) for one in ("no_such_order", "changing", "at_market")]
    said += [words.command(one) for one in ("pause", "resume", "halt", "flatten", "order", "cancel",
                                            "amend", "move", "convert", "clean_up")]  # fmt: skip
    said += [words.answered(one) for one in ("done", "sent")]
    assert len(said) > 90
    assert [one for one in said if not hangul(one)] == []


def written() -> set[str]:
    """Every reason that the source writes down where something was not done or is not known."""
    told = {"Lost", "CancelFailed", "AmendFailed", "OrderUnknown", "CancelAnswered",
            "AmendAnswered"}  # fmt: skip
    found = {"no answer", *(kind.value for kind in RefusalKind)}  # What `hands` says otherwise.
    for _name, tree, _above in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in told:
                for word in node.keywords:
                    if word.arg in {"reason", "failure"} and isinstance(word.value, ast.Constant):
                        found.add(str(word.value.value))
    return found - {""}


@pytest.mark.usefixtures("_korean")
def test_why_something_was_not_done_is_korean_in_messages_and_pages() -> None:
    assert "restart" in written()
    said = {word: words.undone(word) for word in written()}
    assert {word: text for word, text in said.items() if not wholly_korean(text)} == {}
    lost = rec.Lost(at=datetime(2026, 11, 30, tzinfo=KST), intent="1", reason="restart")
    assert wholly_korean(_TOLD[rec.Lost][1](lost)[0])


def wholly_korean(text: str) -> bool:
    """Whether no English word is in a text besides our name, capitals and codes in brackets."""
    bare = re.sub(r"\([A-Za-z0-9_ ]+\)|maemae", "", text)
    return hangul(bare) and not re.search("[a-z]{2,}", bare)


STORED = {"BreakoutSource", "CancelIntended", "CancelOrdered", "Candidate", "CashStated", "ExitDue",
          "ExitsDue", "FlattenBegun", "FlattenOrdered", "HaltOrdered", "HaltTo", "Halted",
          "Intended", "Pause", "PlanRefused", "PlanSkipped", "Resume", "Unavailable"}  # fmt: skip
"""Whose reason is stored or logged; `written` has those of what was not done."""
PLACES = {"cancel": 2, "_give_up": 2}
"""Calls of the desk that take a reason as an argument of this place."""
SOLD = {"_reason", "exit_reason", "_time_is_up"}
"""Functions that say why something is sold."""
HANDED_ON = {"reason", "event.reason", "candidate.reason", "asked.reason", "self._reason", "due"}
"""Reasons that come from one of these."""
OPEN: dict[str, set[str]] = {
    "kind": {rec.EMPTY_LEDGER, rec.LEDGER_BEHIND},
    "rule": {*ENTRY_RULES, *EXIT_RULES},
    "no": {one.value for one in No},
    "_by(asked)": {"telegram kim"},
    "strategy.name": set(),
    "mandate.strategy.name": set(),
    "_said(self.failed)": set(),
    "str(error)": set(),
}
"""What others are taken from, and what that can be; nothing where the words are not ours: a
strategy is called what its owner calls it, and an error is told in Korean where it is raised."""


def values(node: ast.expr | None, names: dict[str, Any]) -> Iterator[str]:
    """What an expression can be, by the names of its module; in braces, where that is not known."""
    if isinstance(node, ast.IfExp):
        yield from (*values(node.body, names), *values(node.orelse, names))
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from values(one, names)
    elif node is not None and called(node) not in SOLD | {"_"}:
        written = ast.unparse(node)
        try:
            yield str(eval(written, names))  # noqa: S307 - our own source
        except (NameError, AttributeError):
            yield from OPEN.get(written, [] if written in HANDED_ON else [f"{{{written}}}"])


def reasons() -> set[str]:
    """Every reason for which the source orders, cancels, halts, corrects or leaves something."""
    found: set[str] = set(HALTS)
    for name, tree, _above in trees():
        if not name.startswith(("desk/", "trader/", "service/", "cli/", "notify/")):
            continue
        module = "maemae." + name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        names = vars(importlib.import_module(module))
        for node in ast.walk(tree):
            given: list[ast.expr | None] = []
            if isinstance(node, ast.Call) and called(node) in STORED:
                given += [word.value for word in node.keywords if word.arg == "reason"]
            if isinstance(node, ast.Call) and name.startswith("desk/") and called(node) in PLACES:
                given += node.args[PLACES[called(node)] :]
            if name.startswith(("desk/", "trader/sources/")):
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
                    given.append(node.value)
                if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "reason":
                    given.append(node.value)
                if isinstance(node, ast.FunctionDef) and node.name in SOLD:
                    given += [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
            for one in given:
                found |= set(values(one, names))
    return found - {"", "None"}


@pytest.mark.usefixtures("_korean")
def test_why_and_by_whom_anything_was_done_is_korean() -> None:
    every = reasons()
    assert {"candidate", "target", "breakout", "by hand", "take_profit", "auction", "waited",
            "costs", "repriced", "late", "file HALT", "SIGUSR1"} <= every  # fmt: skip
    plans = {one.value for one in No}
    said = {word: words.because(word) for word in every - plans}
    said |= {word: words.plan_state(word) for word in plans}
    assert {word: text for word, text in said.items() if not named_in_korean(text)} == {}


def named_in_korean(text: str) -> bool:
    """Whether a text is Korean but for names of files, signals and people, and what is typed."""
    typed = r"\bkim\b|start = \"armed\"|rebuy_after_stop = true|maemae [a-z]+|\bresume\b"
    return wholly_korean(re.sub(typed, "", text))


@pytest.mark.usefixtures("_korean")
@pytest.mark.parametrize("seed", [3, 8])
def test_a_simulated_day_is_told_in_korean_wherever_it_is_told(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fact of a rough day: on the list of incidents, in the log, in messages, on screen."""
    kept: list[rec.Record] = []
    append = Ledger.append

    def keep(self: Ledger, records: Sequence[rec.Record]) -> None:
        append(self, records)
        kept.extend(records)

    monkeypatch.setattr(Ledger, "append", keep)
    rates = {one: rate for one, rate in ROUGH.items() if not one.startswith("ledger_")}
    simulate(seed, Plan(hours=0.12, rates=rates))
    state, texts, told, names = State(CostRules.REAL), Texts(), set[str](), set(BROKERS)
    for record in kept:
        state.apply(record)
        names |= {str(getattr(record, "book", "")), *getattr(record, "skipped", ())}
        if type(record) in _TOLD:
            told.add(incident(record).detail)
        if (line := diary.line(record, state)) is not None:
            level, text, fields = line
            written = " ".join(f"{key}={diary._plain(value)}" for key, value in fields.items())
            told.add(in_words(f"{record.at:%Y-%m-%d %H:%M:%S.0} {level.upper()} {text} {written}"))
        if (message := facts.told(record, state)) is not None:
            told.add(texts.say(message[0], **message[1]))
        if (shown := tell(record, state)) is not None:
            told.add(shown.plain)
    assert len(told) > 100
    found = [text for text in told if "()" in text or english_in(text, names)]
    assert found == []


@pytest.mark.usefixtures("_korean")
@pytest.mark.parametrize("halted", [rec.Halt.ALL, rec.Halt.NONE])
def test_what_has_no_reason_is_told_without_empty_brackets(halted: rec.Halt) -> None:
    at, state, texts = datetime(2026, 11, 30, tzinfo=KST), State(CostRules.REAL), Texts()
    unexplained: list[rec.Record] = [
        rec.Halted(at=at, level=halted, reason=""),
        rec.FlattenBegun(at=at, book=None, reason=""),
        rec.CashStated(at=at, difference=-5, reason=""),
    ]
    for record in unexplained:
        kind, fields = facts.told(record, state) or pytest.fail("it is told")
        shown = tell(record, state)
        said = [incident(record).detail, texts.say(kind, **fields), shown.plain if shown else "-"]
        assert [text for text in said if not text or "(" in text] == []


BROKERS = ["drill", "connection", "reset", "nothing", "left", "to", "amend", "or", "cancel"]
"""Words of the simulated broker and of its owner."""


def english_in(text: str, names: set[str]) -> list[str]:
    """Return the English words in a text, but names of books and what is typed as it stands."""
    bare = re.sub(r"/[a-z]+|limits\.\w+", "", QUOTED.sub("", text))
    return [one for one in re.findall("[a-z]{2,}", bare) if one not in names]


@pytest.mark.usefixtures("_korean")
@pytest.mark.parametrize("setting", ["venue", "start"])
def test_choices_of_a_setting_and_where_it_was_given_are_korean(setting: str) -> None:
    with pytest.raises(WrongSettings) as raised:
        load_settings(None, condition=None, **{setting: "7"})
    said = raised.value.problems[0]
    assert said.startswith(f"명령줄: {setting}: ")
    assert " 또는 " in said
    assert " or " not in said


def test_the_command_line_is_called_so() -> None:
    root = SOURCE.parents[1]
    files = [*root.glob("docs/**/*.ko.md"), *root.glob("*.ko.md"), *SOURCE.glob("locale/ko/*.po")]
    assert len(files) > 30
    assert [file.name for file in files if "플래그" in file.read_text("utf-8")] == []


def subclasses(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for one in kind.__subclasses__():
        yield from subclasses(one)


@pytest.mark.usefixtures("_korean")
def test_every_cause_for_which_no_answer_came_is_korean() -> None:
    """Also those that libraries have yet to raise: a text of theirs would be English."""
    network = {"builtins", "socket", "ssl", "asyncio", "aiohttp"}
    kinds = {
        kind
        for kind in (*subclasses(OSError), *subclasses(aiohttp.ClientError))
        if kind.__module__.partition(".")[0] in network
    }
    made: list[BaseException] = [kind.__new__(kind) for kind in kinds]
    made += [OSError(number, os.strerror(number)) for number in errno.errorcode]
    made += [aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(errno.ECONNREFUSED, "no"))]
    assert len(made) > 100
    assert {repr(one): cause(one) for one in made if not wholly_korean(cause(one))} == {}
    assert cause(made[-1]) == "연결이 거부되었습니다 (ECONNREFUSED)"


@pytest.mark.usefixtures("_korean")
@pytest.mark.parametrize("rule", sorted({*ENTRY_RULES, *EXIT_RULES, *_WON, *_COUNTED, "no_price"}))
@pytest.mark.parametrize("figures", [(), (10_000, 10_010)])
def test_every_denial_is_korean(rule: str, figures: tuple[int, ...]) -> None:
    record = rec.Declined(at=datetime(2026, 11, 30, tzinfo=KST), book="scalper", side=Side.BUY,
                          code="005930", rule=rule, quantity=1, price=10_005,
                          figures=figures)  # fmt: skip
    assert hangul(denial(record))
    assert shares_at(record) == "1주 × 10,005원"


@pytest.mark.usefixtures("_korean")
def test_a_price_off_the_grid_is_answered_with_the_prices_that_are_on_it() -> None:
    record = rec.Declined(at=datetime(2026, 11, 30, tzinfo=KST), book="scalper", side=Side.BUY,
                          code="005930", rule="off_grid", figures=(10_000, 10_010))  # fmt: skip
    assert "10,000원 또는 10,010원" in denial(record)


@pytest.mark.usefixtures("_korean")
@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        ("warmup", "minutes: 0 / 10 x 5m, 005930 +3, 10:30", "5분봉 10개가 필요한데 0개"),
        ("look_late", "many: 76 s / 60 s / 60 s x 1400", "1,400종목을 보는 데 76초 걸립니다"),
        ("daily_loss", "1,234 / 1,000", "손실 1,234원, 한도 1,000원"),
        ("clock", "+3.2 s", "3.2초 빠릅니다"),
        ("price_missing", "005930: 60 s", "005930: 60초"),
        (
            "order_undecided",
            "20261130-00001: scalper buy 10 x 005930 (+0 / -1원)",
            "매수 005930 × 10",
        ),
        ("unit_changed", "005930: 10 > 50, 50,000 > 10,000 won", "10주 → 50주, 종가 50,000원"),
        ("price_refused", "005930 10 x 10005", "005930 10 × 10,005원"),
        ("restarted", "12, 2026-11-30T09:00:00+09:00", "프로세스 12"),
        ("cancel_impossible", "20261130-00001: changing", "20261130-00001: "),
        ("warmup", "book minutes: of an old ledger", "book minutes: of an old ledger"),
    ],
)
def test_details_of_incidents_are_figures_put_into_words(kind: str, detail: str, said: str) -> None:
    assert said in incidents.detail(kind, detail)


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


def test_help_and_complaints_of_every_command_are_korean() -> None:
    """In a process of its own: what a module says in help is said when it is imported."""
    korean = os.environ | {"MAEMAE_LANGUAGE": "ko"}
    done = subprocess.run(
        [sys.executable, __file__], env=korean, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def told_in_english() -> list[tuple[tuple[str, ...], str]]:
    """What help and complaints of every command say in Latin letters."""
    set_language("ko")
    every = list(commands(typer.main.get_command(build())))
    assert len(every) > 50
    found = []
    for path, command in every:
        own = [param for param in command.params if not param.name.endswith("_completion")]
        told = [getattr(one, "help", None) or "" for one in (command, *own)]
        bare: list[list[str]] = [] if hasattr(command, "commands") else [[]]
        for more in (["--nonsense"], *bare, ["--config"], ["x", "y", "z", "0", "1", "2"]):
            try:
                command.make_context(" ".join(("maemae", *path)), more)
            except CommandLineError as error:
                if type(error).__name__ != "NoArgsIsHelpError":
                    told.append(complaint(error))
            except typer.Exit:
                pass
        found += [(path, one) for one in told if latin(one)]
    return found


if __name__ == "__main__":
    print(told_in_english())
