"""The evidence as a page that is kept beside the ledgers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maemae import __version__
from maemae.i18n import _
from maemae.kis import mask_account
from maemae.setup.doctor.finding import Finding
from maemae.setup.golive.days import Day
from maemae.setup.golive.demands import Point, fulfilled
from maemae.setup.values import shown
from maemae.trader.settings import Settings


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against going live, at a moment.

    Attributes:
        at: when it was gathered.
        settings: that would hold.
        points: the checklist.
        days: what the ledgers say, by venue.
        findings: of the check-up of the real account.
    """

    at: datetime
    settings: Settings
    points: Sequence[Point]
    days: Mapping[str, Sequence[Day]]
    findings: Sequence[Finding]

    @property
    def ready(self) -> bool:
        """Whether nothing stands against going live."""
        return fulfilled(self.points)

    def page(self, verdict: str) -> str:
        """Return it as Markdown, in the language in force; account numbers are masked."""
        return "\n".join(_lines(self, verdict)) + "\n"


def _lines(evidence: Evidence, verdict: str) -> Iterator[str]:
    settings = evidence.settings
    yield "# " + _("Going live")
    yield ""
    account = mask_account(settings.live.account) if settings.live.account else "-"
    yield f"{evidence.at:%Y-%m-%d %H:%M %Z} · maemae {__version__} · {account}"
    yield ""
    yield f"**{verdict}**"
    yield from ("", "## " + _("Checklist"), "")
    for point in evidence.points:
        yield f"- {point.verdict}: {point.title}: {point.said}"
        if point.advice:
            yield f"    - {point.advice}"
    for venue, traded in evidence.days.items():
        yield from ("", "## " + _("Days on {venue}").format(venue=venue), "")
        yield from _table(traded)
    yield from ("", "## " + _("Check-up"), "")
    for finding in evidence.findings:
        yield f"- {finding.verdict}: {finding.title}: {finding.said}"
    yield from ("", "## " + _("Ways of trading and limits"), "")
    for book in settings.book:
        yield _values(book.model_dump())
    yield _values(settings.limits.model_dump())


def _values(given: Mapping[str, Any]) -> str:
    return "- " + ", ".join(
        f"{name} = {shown(value)}" for name, value in given.items() if value is not None
    )


def _table(days: Sequence[Day]) -> Iterator[str]:
    heads = (_("day"), _("buys"), _("sells"), _("realised profit"), _("books"))
    yield "| " + " | ".join(heads) + " |"
    yield "|---|---:|---:|---:|---|"
    for day in days:
        books = _("equal to the won") if day.clean else "; ".join(day.problems)
        yield f"| {day.day} | {day.bought} | {day.sold} | {day.realised:+,} | {books} |"
