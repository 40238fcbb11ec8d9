"""What kinds of incident there are, and how much each matters: the one table of them.

`maemae.service.incidents` has what they are called, and what to do about them.
"""

from enum import StrEnum

from maemae.desk.records import BOOK_FAILED, EMPTY_LEDGER, LEDGER_BEHIND


class Severity(StrEnum):
    """How much something matters to the owner."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


INCIDENTS: dict[str, Severity] = {
    "late_arrival": Severity.WARNING,
    "order_undecided": Severity.ERROR,
    "order_without_number": Severity.ERROR,
    "amended_elsewhere": Severity.WARNING,
    "cancel_impossible": Severity.WARNING,
    "amend_impossible": Severity.WARNING,
    "entry_unfilled": Severity.WARNING,
    "exit_refused": Severity.ERROR,
    "exit_delayed": Severity.WARNING,
    "code_unknown": Severity.WARNING,
    "price_refused": Severity.WARNING,
    "fill_without_execution": Severity.ERROR,
    "fill_estimated": Severity.WARNING,
    "sold_more_than_held": Severity.WARNING,
    "position_lost": Severity.ERROR,
    "shares_missing": Severity.WARNING,
    "unit_changed": Severity.WARNING,
    "rights_detached": Severity.WARNING,
    "unit_there_again": Severity.INFO,
    "unit_unclear": Severity.ERROR,
    "search_cut": Severity.WARNING,
    "target_unit": Severity.WARNING,
    "purchase_unproven": Severity.WARNING,
    "price_wrong": Severity.WARNING,
    "price_right": Severity.INFO,
    "price_missing": Severity.ERROR,
    "price_back": Severity.INFO,
    "loss_near": Severity.WARNING,
    "daily_loss": Severity.ERROR,
    "book_loss": Severity.ERROR,
    "balance_stale": Severity.WARNING,
    "books_disputed": Severity.WARNING,
    "books_agree": Severity.INFO,
    "position_returned": Severity.INFO,
    "close_unreconciled": Severity.ERROR,
    "warmup": Severity.WARNING,
    "look_late": Severity.ERROR,
    "look_in_time": Severity.INFO,
    "stream_down": Severity.ERROR,
    "notice_unread": Severity.WARNING,
    "key_in_use": Severity.ERROR,
    "token_trouble": Severity.ERROR,
    "clock": Severity.ERROR,
    "dry_run": Severity.INFO,
    "dry_gap": Severity.WARNING,
    "dry_unkept": Severity.ERROR,
    "recording_failed": Severity.WARNING,
    "recording_back": Severity.INFO,
    "venue_stands": Severity.ERROR,
    "venue_runs": Severity.INFO,
    "venue_anew": Severity.WARNING,
    "venue_jumped": Severity.WARNING,
    "calendar": Severity.WARNING,
    "calendar_unchecked": Severity.WARNING,
    "restarted": Severity.WARNING,
    "ledger_away": Severity.ERROR,
    "ledger_back": Severity.INFO,
    EMPTY_LEDGER: Severity.ERROR,
    LEDGER_BEHIND: Severity.ERROR,
    "snapshot_unfit": Severity.WARNING,
    "interrupted": Severity.ERROR,
    BOOK_FAILED: Severity.ERROR,
    "strategy": Severity.ERROR,
    "plan_failed": Severity.ERROR,
    "plan_changed": Severity.WARNING,
}
"""Good news is INFO; what was dealt with already, or is a person's doing, WARNING."""


def severity(kind: str) -> Severity:
    """Return how much a kind of incident matters; one that an older maemae wrote is an error."""
    return INCIDENTS.get(kind, Severity.ERROR)
