"""The checklist of going live, point by point, from the ledgers, the settings and the check-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from maemae.i18n import _
from maemae.profile.facts import TWELVE
from maemae.profile.profile import Profile
from maemae.profile.standing import standing
from maemae.setup.doctor.finding import Finding, Verdict
from maemae.setup.golive.days import Day, latest
from maemae.trader.settings import Settings

SIM_DAYS: Final = 3
"""Days on the simulated exchange that must have ended with equal books, one after the other."""

PAPER_DAYS: Final = 5
"""The same on the broker's virtual server: a week."""

FRESH: Final = timedelta(days=14)
"""How old the last paper day may be: settings and code change."""

_LIMITS: Final = ("daily_loss", "order_value", "total_exposure")


@dataclass(frozen=True)
class Point:
    """A point of the checklist, shown as a finding of the check-up is."""

    title: str
    verdict: Verdict
    said: str
    advice: str = ""


def of_days(
    sim: Sequence[Day], paper: Sequence[Day], today: date, dry: Sequence[Day] = ()
) -> list[Point]:
    """Return what the days traded so far prove; a dry run's count beside those on paper."""
    points = [
        _days(
            _("simulated exchange"),
            latest(sim, SIM_DAYS, running=None),
            SIM_DAYS,
            _("trade a day on it: `maemae exchange --speed 60`, then `maemae run --venue sim`"),
        )
    ]
    real = sorted([*paper, *dry], key=lambda one: one.day)
    recent = latest(real, PAPER_DAYS, running=today)
    points.append(
        _days(
            _("virtual server (모의투자) or dry run"),
            recent,
            PAPER_DAYS,
            _("go on with `maemae run --venue paper` (or dry) until the last days are clean"),
        )
    )
    if recent and today - recent[-1].day > FRESH:
        said = _("the last day on paper or dry was {day}").format(day=recent[-1].day)
        points.append(
            Point(
                _("paper or dry is recent"),
                Verdict.FAULT,
                said,
                _("trade on paper or dry with the settings of today"),
            )
        )
    return points


def _days(title: str, days: Sequence[Day], needed: int, advice: str) -> Point:
    clean = [day for day in days if day.clean]
    bought, sold = sum(day.bought for day in days), sum(day.sold for day in days)
    said = _("{clean} of the last {needed} days closed to the won ({bought} buys, {sold} sells)")
    said = said.format(clean=len(clean), needed=needed, bought=bought, sold=sold)
    wrong = [f"{day.day}: {', '.join(day.problems)}" for day in days if not day.clean]
    if wrong:
        said = f"{said}; {'; '.join(wrong)}"
    if len(clean) < needed:
        return Point(title, Verdict.FAULT, said, advice)
    if not (bought and sold):
        return Point(title, Verdict.FAULT, said, _("nothing was bought and sold yet: ") + advice)
    return Point(title, Verdict.OK, said)


def of_facts(profiles: Sequence[Profile], today: date) -> Point:
    """Return whether the most dangerous facts of the broker's servers were probed or observed.

    The real server can only be watched, the virtual one be asked: what either has shown counts.
    """
    stands = standing(profiles, today)
    title = _("what is known of the broker's server")
    said = _("{n} of the {all} most dangerous facts are known").format(
        n=stands.known, all=len(TWELVE)
    )
    advice = _("`maemae probe --venue paper` asks for them, paper trading shows them")
    if stands.assumed:
        lacking = _("only assumed: {names}").format(names=", ".join(stands.assumed))
        return Point(title, Verdict.FAULT, f"{said}; {lacking}", advice)
    if stands.old:
        aged = _("found long ago: {names}").format(names=", ".join(stands.old))
        return Point(title, Verdict.ATTENTION, f"{said}; {aged}", advice)
    return Point(title, Verdict.OK, said)


def of_limits(settings: Settings) -> Point:
    """Return whether the bounds are set without which real money is not traded."""
    values = {name: getattr(settings.limits, name) for name in _LIMITS}
    title = _("limits")
    missing = [f"limits.{name}" for name, value in values.items() if value is None]
    if missing:
        said = _("not set: {names}").format(names=", ".join(missing))
        return Point(title, Verdict.FAULT, said, _("set them in maemae.toml, in won"))
    said = ", ".join(f"{name} {value:,}" for name, value in values.items())
    return Point(title, Verdict.OK, said)


def of_doctor(findings: Sequence[Finding]) -> Point:
    """Return whether the check-up of the real account is without fault."""
    title = _("check-up of the real account")
    faults = [one.title for one in findings if one.verdict is Verdict.FAULT]
    if faults:
        said = _("faults: {names}").format(names=", ".join(faults))
        return Point(title, Verdict.FAULT, said, _("see `maemae doctor --venue live`"))
    looks = [one.title for one in findings if one.verdict is Verdict.ATTENTION]
    if looks:
        said = _("without fault; to look at: {names}").format(names=", ".join(looks))
        return Point(title, Verdict.ATTENTION, said, _("see `maemae doctor --venue live`"))
    return Point(title, Verdict.OK, _("without fault"))


def fulfilled(points: Sequence[Point]) -> bool:
    """Whether nothing stands against going live."""
    return all(point.verdict is not Verdict.FAULT for point in points)
