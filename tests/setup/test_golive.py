"""`maemae golive`: no consent without evidence, and none without a person."""

import os
import sys
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pexpect
import pytest
from typer.testing import CliRunner, Result

from maemae.cli import build
from maemae.clock import KST
from maemae.desk import records as rec
from maemae.errors import MaemaeError, SettingsError
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.profile.facts import TWELVE, Fact, How, Known
from maemae.profile.profile import Profile
from maemae.setup.doctor.finding import Finding, Verdict
from maemae.setup.golive import gather as gathering
from maemae.setup.golive.days import days_of, latest, read_days
from maemae.setup.golive.demands import of_days, of_doctor, of_facts, of_limits
from maemae.setup.golive.gather import gather
from maemae.trader.server_profile import store
from maemae.trader.settings import Settings, load_settings
from maemae.trader.venue import data_dir

TODAY = datetime.now(KST).date()
PAPER, SIM = "50123456-01", "12345678-01"
TOML = """
venue = "paper"
[paper]
account = "50123456-01"
hts_id = "honggd"
[live]
account = "43210987-01" # mine
hts_id = "honggd"
"""
LIMITS = "[limits]\ndaily_loss = 1\norder_value = 2\ntotal_exposure = 3\n"


def a_day(day: date, number: int, *, trades: bool = True) -> list[rec.Record]:
    """A day on which one share was bought and sold, and the books agreed."""
    at = datetime.combine(day, time(9), KST)
    facts: list[rec.Record] = [rec.DayOpened(at=at, day=day, cash=10_000_000 - number)]
    for place, side in enumerate((Side.BUY, Side.SELL) if trades else ()):
        intent = f"{day:%m%d}-{side.value}"
        facts += [
            rec.Intended(at=at, intent=intent, book="scalper", side=side, quantity=1, reason="x",
                         listed=rec.Listed(code="005930")),
            rec.Accepted(at=at, intent=intent, order_no=2 * number + place + 1),
            rec.Filled(at=at, intent=intent, quantity=1, amount=70_000, executed=at),
        ]  # fmt: skip
    return [*facts, rec.Reconciled(at=at, cash=1), rec.DayClosed(at=at, day=day)]


def weeks(first: date, count: int) -> list[rec.Record]:
    days = [first + timedelta(days=n) for n in range(count)]
    return [fact for n, day in enumerate(days) for fact in a_day(day, n)]


def journal(venue: str, account: str, facts: list[rec.Record]) -> None:
    with Ledger(data_dir(Settings()) / f"ledger-{venue}.sqlite", account) as ledger:
        ledger.append(facts)


def settings(more: str = "") -> Settings:
    Path("maemae.toml").write_text(TOML + more, encoding="utf-8")
    return load_settings()


def verdicts(given: Settings, findings: list[Finding] | None = None) -> list[Verdict]:
    return [point.verdict for point in gather(given, findings or []).points]


def test_days_are_read_from_the_ledger_with_what_they_earned() -> None:
    journal("paper", PAPER, weeks(date(2026, 11, 2), 2))
    first, second = days_of(settings(), "paper")
    assert (first.day, first.bought, first.sold, first.clean) == (date(2026, 11, 2), 1, 1, True)
    # What it cost to buy and sell at the same price: two fees and the tax.
    assert first.realised == second.realised < 0


def test_an_owner_who_trades_is_no_doubt_but_unexplained_cash_is() -> None:
    at = datetime.combine(date(2026, 11, 2), time(9), KST)
    own = rec.CashStated(at=at, difference=-5, reason="owner_traded")
    costs = rec.CashStated(at=at, difference=-5, reason="costs")
    lost = rec.PositionLost(at=at, book="scalper", code="005930", quantity=3)
    *open_, closed = a_day(date(2026, 11, 2), 0)
    assert read_days([*open_, own, closed])[0].clean
    assert read_days([*open_, costs, closed])[0].problems == [
        "cash differed by -5 won without a reason"
    ]
    assert not read_days([*open_, lost, closed])[0].clean
    assert read_days(open_)[0].problems == ["not closed with equal books"]


def test_a_day_that_is_still_traded_is_no_evidence_and_no_fault() -> None:
    days = read_days([*weeks(date(2026, 11, 2), 2), *a_day(date(2026, 11, 4), 9)[:-1]])
    assert [one.day.day for one in latest(days, 2, running=date(2026, 11, 4))] == [2, 3]
    assert [one.day.day for one in latest(days, 2, running=date(2026, 11, 5))] == [3, 4]


@pytest.mark.parametrize(
    ("sim", "paper", "until", "wanted"),
    [
        (3, 5, 1, ["ok", "ok"]),
        (2, 5, 1, ["fault", "ok"]),
        (3, 4, 1, ["ok", "fault"]),
        (9, 9, 30, ["ok", "ok", "fault"]),
        (0, 0, 1, ["fault", "fault"]),
    ],
)
def test_so_many_days_are_demanded(sim: int, paper: int, until: int, wanted: list[str]) -> None:
    last = TODAY - timedelta(days=until)
    on_sim, on_paper = (read_days(weeks(last - timedelta(days=n - 1), n)) for n in (sim, paper))
    assert [str(point.verdict) for point in of_days(on_sim, on_paper, TODAY)] == wanted


def test_days_without_a_trade_prove_little() -> None:
    idle = [fact for n in range(5) for fact in a_day(date(2026, 11, 2 + n), n, trades=False)]
    points = of_days(read_days(idle), read_days(idle), date(2026, 11, 8))
    assert "nothing was bought and sold" in points[0].advice


def test_limits_and_the_check_up_count() -> None:
    assert "limits.order_value" in of_limits(settings("[limits]\ndaily_loss = 1\n")).said
    assert of_limits(settings(LIMITS)).verdict is Verdict.OK
    bad = Finding("account", Verdict.FAULT, "no", "do")
    assert of_doctor([bad]).verdict is Verdict.FAULT


def probed(day: date) -> Known:
    return Known(True, How.PROBED, day)


def profiles(day: date, **by: Known) -> list[Profile]:
    """A virtual server of which all was probed on a day but for what is said otherwise."""
    kept = dict.fromkeys(TWELVE, probed(day)) | {Fact(name): one for name, one in by.items()}
    return [Profile("virtual", kept=kept), Profile("real")]


def test_the_most_dangerous_facts_must_be_known_and_not_for_too_long() -> None:
    nothing = of_facts([Profile("virtual"), Profile("real")], TODAY)
    assert nothing.verdict is Verdict.FAULT
    assert "sellable-shrinks" in nothing.said
    assert of_facts(profiles(TODAY), TODAY).verdict is Verdict.OK
    assert of_facts(profiles(TODAY - timedelta(days=61)), TODAY).verdict is Verdict.ATTENTION
    # A no is as well known as a yes, and what the real server has shown counts as well.
    no = Known(False, How.PROBED, TODAY)
    assert of_facts(profiles(TODAY, silence=no), TODAY).verdict is Verdict.OK
    virtual, _real = profiles(TODAY)
    some = dict(list(virtual.kept.items())[1:])
    lacking = Profile("virtual", kept=some)
    assert of_facts([lacking, Profile("real")], TODAY).verdict is Verdict.FAULT
    seen = {TWELVE[0]: Known(True, How.OBSERVED, TODAY)}
    assert of_facts([lacking, Profile("real", observed=seen)], TODAY).verdict is Verdict.OK


def test_days_of_a_dry_run_count_beside_those_on_paper() -> None:
    last = TODAY - timedelta(days=1)
    sim = read_days(weeks(last - timedelta(days=2), 3))
    paper = read_days(weeks(last - timedelta(days=20), 2))
    dry = read_days(weeks(last - timedelta(days=2), 3))
    assert [one.verdict for one in of_days(sim, paper, TODAY, dry)] == [Verdict.OK] * 2
    assert Verdict.FAULT in [one.verdict for one in of_days(sim, paper, TODAY)]
    unclean = read_days([*weeks(last - timedelta(days=2), 2), *a_day(last, 9)[:-1]])
    assert Verdict.FAULT in [one.verdict for one in of_days(sim, paper, TODAY, unclean)]


def ready() -> Settings:
    last = TODAY - timedelta(days=1)
    journal("sim", SIM, weeks(last - timedelta(days=2), 3))
    journal("paper", PAPER, weeks(last - timedelta(days=4), 5))
    given = settings(LIMITS)
    store(data_dir(given), "paper", "virtual", dict.fromkeys(TWELVE, probed(last)))
    return given


def test_all_together_is_ready_and_one_fault_is_not() -> None:
    given = ready()
    assert set(verdicts(given)) == {Verdict.OK}
    assert Verdict.FAULT in verdicts(given, [Finding("token", Verdict.FAULT, "no", "do")])
    page = gather(given, []).page("Ready")
    assert "4321****-01" in page
    assert "43210987" not in page
    assert "equal to the won" in page


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(build(), ["golive", *arguments])
    if isinstance(result.exception, MaemaeError):
        raise result.exception
    return result


def test_without_evidence_nothing_is_written_but_the_report(home: Path) -> None:
    settings()
    result = run("--report", "why.md")
    assert result.exit_code == 1
    assert "Not ready" in result.output
    assert (home / "maemae.toml").read_text(encoding="utf-8") == TOML
    assert "limits.daily_loss" in (home / "why.md").read_text(encoding="utf-8")


def test_consent_can_be_withdrawn_without_any_evidence(home: Path) -> None:
    settings("real_money = true\n")
    assert run("--withdraw").exit_code == 0
    text = (home / "maemae.toml").read_text(encoding="utf-8")
    assert load_settings().live.real_money is False
    assert "# mine" in text


DRIVER = """
import maemae.setup.golive.gather as gathering
from maemae.cli import main

async def fine(_config):
    for finding in ():
        yield finding

gathering.check_up = fine
main()
"""
"""The command, with the check-up of the real account (which has tests of its own) taken as fine."""


def answer(home: Path, typed: str) -> int:
    """Type an answer at a real terminal; return the exit status."""
    keys = {"MAEMAE_LANGUAGE": "en", "COLUMNS": "200", "TERM": "dumb"}
    screen = pexpect.spawn(
        sys.executable, ["-c", DRIVER, "golive", "--report", "golive.md"], cwd=str(home),
        env={**os.environ, **keys}, encoding="utf-8", timeout=200, dimensions=(60, 200),
    )  # fmt: skip
    screen.expect(r"to agree.*: ")
    screen.sendline(typed)
    screen.expect(pexpect.EOF)
    screen.close()
    return int(screen.exitstatus or 0)


def test_the_account_is_typed_before_the_consent_is_written(home: Path) -> None:
    ready()
    assert answer(home, "wrong") == 1
    assert load_settings().live.real_money is False
    assert answer(home, "43210987-01") == 0
    assert load_settings().live.real_money is True
    page = (home / "golive.md").read_text(encoding="utf-8")
    assert "the consent is given" in page
    assert "43210987" not in page
    assert "# mine" in (home / "maemae.toml").read_text(encoding="utf-8")


def test_nobody_can_consent_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    ready()

    async def fine(_config: Path | None) -> AsyncIterator[Finding]:
        nothing: tuple[Finding, ...] = ()
        for finding in nothing:
            yield finding

    monkeypatch.setattr(gathering, "check_up", fine)
    with pytest.raises(SettingsError, match="typed at a terminal"):
        run()
    assert load_settings().live.real_money is False
