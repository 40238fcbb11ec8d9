"""What a check found."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from maemae.i18n import N_, _
from maemae.notify.scrub import scrub


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    ATTENTION = "attention"
    """Trading works, but somebody should look."""
    FAULT = "fault"
    """Trading does not work, or not safely."""
    SKIPPED = "skipped"
    """It could not be looked at now; says why."""


TITLES: Final[Mapping[str, str]] = {
    "python": N_("Python"),
    "packages": N_("packages"),
    "disk": N_("disk"),
    "settings": N_("settings"),
    "books": N_("ways of trading"),
    "prices": N_("prices of what is held"),
    "environment": N_("environment variables"),
    "secrets": N_("secrets"),
    "trader": N_("running trader"),
    "calendar": N_("trading calendar"),
    "ledger": N_("ledger"),
    "profile": N_("profile of the server"),
    "messenger": N_("messengers"),
    "address": N_("server address"),
    "clock": N_("clock"),
    "token": N_("access token"),
    "account": N_("account"),
    "conditions": N_("condition searches"),
    "holidays": N_("the broker's holidays"),
    "quota": N_("request quota"),
    "approval": N_("stream key"),
    "notices": N_("execution notices"),
}
"""Every check, in the order of the report."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        check: which one; a key of `TITLES`.
        verdict: how it stands.
        said: what was seen; secrets and account numbers are masked.
        advice: what to do about it; blank when all is well.
        about: which server it is about, where there are two.
    """

    check: str
    verdict: Verdict
    said: str
    advice: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "said", scrub(self.said))
        object.__setattr__(self, "advice", scrub(self.advice))

    @property
    def title(self) -> str:
        """What was looked at, in the language in force."""
        title = _(TITLES[self.check])
        return f"{title} ({self.about})" if self.about else title


def ok(check: str, said: str) -> Finding:
    """Return that all is well."""
    return Finding(check, Verdict.OK, said)


def attention(check: str, said: str, advice: str) -> Finding:
    """Return that somebody should look."""
    return Finding(check, Verdict.ATTENTION, said, advice)


def fault(check: str, said: str, advice: str) -> Finding:
    """Return that something must be mended first."""
    return Finding(check, Verdict.FAULT, said, advice)


def skipped(check: str, said: str) -> Finding:
    """Return that it could not be looked at."""
    return Finding(check, Verdict.SKIPPED, said)
