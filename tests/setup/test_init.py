"""`maemae init`, typed at a real terminal and run without one."""

import os
import re
import runpy
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import pexpect
import pytest
from tests.setup.test_found import KEY, KHMS_SETTING, OFFICIAL, SECRET, TOKEN, write
from typer.testing import CliRunner, Result

from maemae.cli import build
from maemae.errors import SettingsError
from maemae.trader.books.common import BookSettings
from maemae.trader.books.condition import ConditionBook
from maemae.trader.books.plan import PlanBook
from maemae.trader.books.strategy import StrategyBook
from maemae.trader.books.targets import TargetBook
from maemae.trader.keys import Secret, locate_secret
from maemae.trader.settings import load_settings

PROMPT = r"(\]|\)|[^\s]): $"


def converse(home: Path, answers: list[str], *flags: str) -> str:
    """Type answers, each when something is asked; return what was on the screen."""
    screen = pexpect.spawn(
        sys.executable,
        ["-m", "maemae", "init", "--no-doctor", *flags],
        cwd=str(home),
        env={**os.environ, "TERM": "dumb", "COLUMNS": "200"},
        encoding="utf-8",
        timeout=200,
        dimensions=(60, 200),
    )
    shown = ""
    for answer in answers:
        screen.expect(PROMPT)
        shown += str(screen.before) + str(screen.after)
        screen.sendline(answer)
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0, shown + str(screen.before)
    return shown + str(screen.before)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(build(), ["init", "--no-doctor", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_conversation_in_english_ends_with_settings_and_kept_keys(home: Path) -> None:
    answers = [
        "en",
        "p",  # paper
        "5012345",  # too short, asked again
        "50123456",  # 01 goes without saying
        "P" + KEY,
        SECRET,
        "honggd",
        "n",  # no live key
        "c",  # a condition search
        "3",
        "n",  # not with the customary numbers
        "200만",
        "3",
        "1.5",
        "7",
        "",  # every 300 seconds
        "n",  # no Telegram
        "y",
    ]
    shown = converse(home, answers)
    assert SECRET not in shown
    assert KEY not in shown
    assert "give the account as 12345678" in shown
    assert 'paper.account = "5012****-01"' in shown
    settings = load_settings(home / "maemae.toml")
    assert (settings.language, settings.venue) == ("en", "paper")
    assert (settings.paper.account, settings.paper.hts_id) == ("50123456-01", "honggd")
    (book,) = settings.book
    assert isinstance(book, ConditionBook)
    assert (book.condition, book.amount, book.max_names) == (3, 2_000_000, 7)
    assert (str(book.take_profit), str(book.stop_loss)) == ("0.03", "0.015")
    file = home / "secrets.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert locate_secret("paper", "app_secret") == Secret(SECRET, "file")
    text = (home / "maemae.toml").read_text(encoding="utf-8")
    assert SECRET not in text
    assert KEY not in text


@pytest.mark.parametrize("live", [[], ["50000001-01", "P" + KEY, SECRET]])
def test_paper_trading_is_at_most_twelve_prompts_away(home: Path, live: list[str]) -> None:
    """Each answer is typed at a prompt, and the last one ends it.

    With a live key for data beside it, its account and its two keys come to them.
    """
    answers = ["en", "p", "50123456", "P" + KEY, SECRET, "honggd", "y" if live else "n", *live,
               "", "3", "", "n", "y"]  # fmt: skip
    assert len(answers) - len(live) <= 12
    shown = converse(home, answers)
    assert "Take profit, percent: 2" in shown
    (book,) = load_settings(home / "maemae.toml").book
    assert isinstance(book, ConditionBook)
    assert (book.condition, book.max_names, str(book.stop_loss)) == (3, 5, "0.01")
    assert load_settings(home / "maemae.toml").paper.account == "50123456-01"


WAYS: dict[str, tuple[str, BookSettings]] = {
    "plan": (
        "mean_reversion",
        PlanBook(way="plan", name="plan", strategy="mean_reversion", max_names=8,
                 take_profit="3%", stop_loss="1.5%"),
    ),
    "targets": ("mine.csv", TargetBook(file=Path("mine.csv"), max_names=8,
                                       take_profit="3%", stop_loss="1.5%")),
    "strategy": (
        "1",
        StrategyBook(way="strategy", name="strategy", strategy="golden_cross", at="15:15",
                     amount=1_500_000, max_names=8, take_profit="3%", stop_loss="1.5%"),
    ),
}  # fmt: skip
"""For each way what its owner says, and the book with the numbers of another program's file."""


@pytest.mark.parametrize("word", WAYS)
def test_every_way_is_at_most_twelve_prompts_away_and_takes_numbers_over(
    home: Path, word: str
) -> None:
    own, wanted = WAYS[word]
    file = write(home, "elsewhere.yaml", KHMS_SETTING)
    answers = ["en", "y", "p", "50123456", "P" + KEY, SECRET, "honggd", "n", word[0], own, "",
               "n", "y"]  # fmt: skip
    assert len(answers) - 1 <= 12  # One more is the file that was found.
    shown = converse(home, answers, "--import", str(file))
    assert ("not used: amount" in shown) is (word != "strategy")
    assert "Costs as the file says: commission per side 0.147 %" in shown
    settings = load_settings(home / "maemae.toml")
    assert settings.costs.fee_bp == Decimal("14.7")
    (book,) = settings.book
    assert book == wanted
    again = converse(home, ["", "", "", "", "", "", "n", "", "", "n", "y"])
    assert "How does it trade" not in again
    assert load_settings(home / "maemae.toml").book == (wanted,)


@pytest.mark.parametrize("page", ["tutorial.md", "tutorial.ko.md"])
def test_the_tutorial_answers_what_is_asked(home: Path, page: str) -> None:
    root = Path(__file__).parents[2]
    blocks = runpy.run_path(str(root / "tools" / "tutorial.py"))["blocks"]
    text = (root / "docs" / page).read_text(encoding="utf-8")
    (block,) = [one for one in blocks(text) if one.lines == ["maemae init"]]
    converse(home, block.answers)
    assert load_settings(home / "maemae.toml").venue == "sim"


def test_numbers_that_are_the_strategys_own_are_not_written(home: Path) -> None:
    result = run("--no-input", "--venue", "sim", "--way", "plan", "--strategy", "golden_cross")
    assert result.exit_code == 0
    (written,) = tomllib.loads((home / "maemae.toml").read_text(encoding="utf-8"))["book"]
    assert written == {"name": "plan", "way": "plan", "strategy": "golden_cross", "max_names": 5,
                       "universe_limit": 200}  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--way", "plan", "--strategy", "volatility_breakout"], "trade it as a strategy"),
        (["--way", "plan", "--strategy", "condition_scalper"], "a search or a list"),
        (["--way", "strategy", "--strategy", "nonsense"], "there is no strategy 'nonsense'"),
        (["--way", "plan", "--strategy", "golden_cross", "--amount", "5"], "no such setting"),
        (["--way", "plan"], "nobody can be asked"),
        (["--way", "targets", "--condition", "3"], "no such setting"),
        (["--way", "targets", "--targets", " "], "book.file: give the name of a file"),
        (["--way", "x"], "choose one of: condition, plan, targets, strategy"),
    ],
)
def test_what_a_way_cannot_be_traded_with_is_refused(
    home: Path, flags: list[str], why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        run("--no-input", "--venue", "sim", *flags)
    assert not (home / "maemae.toml").exists()


def test_a_number_of_another_program_that_is_none_is_asked_for(home: Path) -> None:
    file = write(home, "elsewhere.yaml", KHMS_SETTING.replace("0.03", "0"))
    shown = converse(home, ["en", "y", "s", "c", "3", "", "2", "n", "y"], "--import", str(file))
    assert "Take profit, percent: give percent between" in shown
    assert load_settings(home / "maemae.toml").book[0].take_profit == Decimal("0.02")


def test_a_conversation_in_korean_takes_over_what_other_programs_have(home: Path) -> None:
    write(home, "KIS/config/kis_devlp.yaml", OFFICIAL)
    write(home, "config/setting.yaml", KHMS_SETTING)
    answers = ["ko", "y", "y", "", "", "", "", "", *[""] * 3, "n", "y"]
    shown = converse(home, answers)
    assert "조건검색 번호" in shown
    assert "모의투자 계좌번호 [5012****-22]" in shown
    assert SECRET not in shown
    settings = load_settings(home / "maemae.toml")
    assert (settings.language, settings.venue) == ("ko", "paper")
    assert settings.live.account == "12345678-22"
    assert settings.paper.hts_id == settings.live.hts_id == "honggd"
    (book,) = settings.book
    assert isinstance(book, ConditionBook)
    assert (book.amount, book.max_names) == (1_500_000, 8)
    assert locate_secret("live", "app_key") == Secret(KEY, "file")


def test_asking_again_edits_and_keeps_what_a_person_wrote(home: Path) -> None:
    mine = home / "maemae.toml"
    mine.write_text(
        'language = "en"\n# by hand\n[limits]\ndaily_loss = 9 # mine\n\n'
        '[[book]]\nname = "first"\nway = "condition"\namount = 5 # little\n',
        encoding="utf-8",
    )
    shown = converse(home, ["", "", "4", "", "n", "y"])
    assert "Won per name: 5" in shown
    text = mine.read_text(encoding="utf-8")
    assert "# by hand" in text
    assert "daily_loss = 9 # mine" in text
    assert "amount = 5 # little" in text
    assert load_settings(mine).book[0].condition == 4  # type: ignore[union-attr]
    assert load_settings(mine).book[0].name == "first"


def test_saying_no_at_the_end_writes_nothing(home: Path) -> None:
    screen = pexpect.spawn(
        sys.executable, ["-m", "maemae", "init", "--no-doctor", "--venue", "sim"],
        cwd=str(home), env={**os.environ, "MAEMAE_LANGUAGE": "en"}, encoding="utf-8", timeout=200,
    )  # fmt: skip
    for answer in ["en", *[""] * 3, "n", "n"]:
        screen.expect(PROMPT)
        screen.sendline(answer)
    screen.expect("Nothing was written")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 1
    assert not (home / "maemae.toml").exists()
    assert not (home / "secrets.toml").exists()


def test_without_a_terminal_flags_and_files_say_everything(home: Path) -> None:
    official = write(home, "elsewhere.yaml", OFFICIAL)
    result = run(
        "--no-input", "--import", str(official), "--venue", "paper", "--condition", "2",
        "--amount", "50만", "--take-profit", "2.5", "--chat-id", "42",
    )  # fmt: skip
    assert result.exit_code == 0
    assert SECRET not in result.output
    written = tomllib.loads((home / "maemae.toml").read_text(encoding="utf-8"))
    assert written["paper"]["account"] == "50123456-22"
    assert written["telegram"]["chat_ids"] == [42]
    (book,) = written["book"]
    assert (book["condition"], book["amount"], book["take_profit"]) == (2, 500_000, "2.5%")
    assert locate_secret("paper", "app_secret") == Secret(SECRET, "file")


def test_who_comes_from_another_program_is_told_what_it_told(home: Path) -> None:
    text = f"KIS_APP_KEY={KEY}\nKIS_APP_SECRET={SECRET}\nTELEGRAM_BOT_TOKEN={TOKEN}\n"
    file = str(write(home, "old.env", text + "TELEGRAM_CHAT_ID=4242\n"))
    assert run("--no-input", "--import", file, "--venue", "sim").exit_code == 0
    settings = load_settings(home / "maemae.toml")
    assert settings.notify.summary_seconds == 30
    assert settings.telegram.level == "detail"
    (home / "maemae.toml").unlink()
    assert run("--no-input", "--venue", "sim", "--chat-id", "42").exit_code == 0
    assert load_settings(home / "maemae.toml").notify.summary_seconds == 3600


def test_what_nobody_can_be_asked_is_named() -> None:
    with pytest.raises(SettingsError, match="nobody can be asked"):
        run("--no-input", "--venue", "paper")
    with pytest.raises(SettingsError, match=r"book\.amount: give an amount in won"):
        run("--no-input", "--venue", "sim", "--amount", "much")
    with pytest.raises(SettingsError, match="--no-input"):
        run("--venue", "sim")


def test_a_set_up_in_between_ways_of_trading_leaves_them_alone(home: Path) -> None:
    text = '[[book]]\nname = "a"\nway = "condition"\n[[book]]\nname = "b"\nway = "condition"\n'
    (home / "maemae.toml").write_text(text, encoding="utf-8")
    assert run("--no-input", "--venue", "sim").exit_code == 0
    after = (home / "maemae.toml").read_text(encoding="utf-8")
    assert re.sub(r"(?m)^(language|venue).*\n", "", after).strip() == text.strip()
    with pytest.raises(SettingsError, match=r"book\.amount: the file has several"):
        run("--no-input", "--venue", "sim", "--amount", "5000")


def test_a_file_that_contradicts_itself_is_asked_about(home: Path) -> None:
    text = (
        f"KIS_APP_KEY={KEY}\nKIS_APP_SECRET={SECRET}\nKIS_ACCOUNT_NO=50011111-01\nCOLOUR=red\n"
        "KIS_IS_PAPER_TRADING=true\nURL_BASE=https://openapi.koreainvestment.com:9443\n"
    )
    file = str(write(home, "other.env", text))
    with pytest.raises(SettingsError, match="nobody can be asked"):
        run("--no-input", "--import", file, "--venue", "sim")
    assert not (home / "secrets.toml").exists()
    flags = ("--no-input", "--venue", "sim", "--import-venue", "paper", "--language", "en")
    result = run("--import", file, *flags)
    assert result.exit_code == 0
    assert locate_secret("paper", "app_key") == Secret(KEY, "file")
    assert locate_secret("live", "app_key") is None
    shown = converse(
        home, ["en", "y", "pap", "s", *[""] * 3, "n", "y"], "--import", file, "--config", "b.toml"
    )
    assert "not used: colour" in shown
    assert "kis_is_paper_trading say paper, url_base say live" in shown
