"""What the owner is told of incidents: a name, what the details mean, and what to do about it.

The ledger holds a kind and its details as figures and codes (`maemae.desk.incidents`); words are
put around them here, once, for log, page, phone and terminal.
"""

from dataclasses import dataclass

from maemae.desk.records import BOOK_FAILED, EMPTY_LEDGER, LEDGER_BEHIND
from maemae.desk.sights import Sight
from maemae.i18n import N_, _
from maemae.service.incident_details import (
    ASKED,
    CLOCK,
    CUT,
    LOOK,
    LOSS,
    ORDER,
    PROCESS,
    REASON,
    RECORDED,
    RECORDING,
    SECONDS,
    SNAPSHOT,
    UNIT,
    WARMUP,
    Detail,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a kind of incident: its name, what to do about it, what its details mean."""

    title: str
    advice: str = ""
    detail: Detail | None = None


TOLD: dict[str, Told] = {
    "late_arrival": Told(
        N_("an order turned up that seemed never to have arrived"),
        advice=N_("It is watched again as an order of its book; see /orders."),
    ),
    "order_undecided": Told(
        N_("it cannot be told yet whether an order is at the broker"),
        advice=N_(
            "Look in your broker's app whether it is there. A sale may be missing: sell "
            "there if the shares must go. Nothing is bought until it is known; the close "
            "ends it at the latest. If shares that it bought end up with yours, put them "
            "into its book with maemae book adopt."
        ),
        detail=ORDER,
    ),
    "order_without_number": Told(
        N_("an order rests at the broker under an unknown number"),
        advice=N_(
            "Cancel it in your broker's app if you do not want it. Nothing is bought until then."
        ),
        detail=ORDER,
    ),
    "amended_elsewhere": Told(
        N_("an order was changed elsewhere"),
        advice=N_("maemae follows it; let only one of you change its orders."),
    ),
    "cancel_impossible": Told(
        N_("nothing to cancel"),
        detail=REASON,
    ),
    "amend_impossible": Told(
        N_("nothing to change"),
        detail=REASON,
    ),
    "entry_unfilled": Told(
        N_("nobody sells: a purchase at market is cancelled"),
        advice=N_(
            "Nothing to do: its place is free again. A name at its upper limit price "
            "cannot be bought at market."
        ),
    ),
    "exit_refused": Told(
        N_("a sale was refused"),
        advice=N_("The sale is tried again. If it stays refused, sell in your broker's app."),
    ),
    "exit_delayed": Told(
        N_("a sale does not get through to the broker"),
        advice=N_(
            "The same sale goes again by itself, before anything else. If this lasts, sell "
            "in your broker's app, and look at your network and at other programs on the "
            "same app key."
        ),
        detail=SECONDS,
    ),
    "code_unknown": Told(
        N_("the broker knows no such instrument"),
        advice=N_("It is left out for today. Check the code where it comes from."),
        detail=ASKED,
    ),
    "price_refused": Told(
        N_("the broker refused the price of an order"),
        advice=N_("Nothing was bought. Update maemae if the exchange has changed its price steps."),
        detail=ASKED,
    ),
    "fill_without_execution": Told(
        N_("a fill notice that the broker's list does not show"),
        advice=N_("The books were not changed. Compare /balance with the app."),
    ),
    "fill_estimated": Told(
        N_("the price of a fill is estimated"),
    ),
    "sold_more_than_held": Told(
        N_("more was sold than a book was known to hold"),
    ),
    "position_lost": Told(
        N_("the broker shows fewer shares than a book should hold"),
        advice=N_(
            "This book buys nothing until you let it go on (maemae resume --book NAME, or "
            "/resume for all); the others trade on. If you did not sell the shares "
            "yourself, look at the orders in your broker's app first."
        ),
    ),
    "shares_missing": Told(
        N_("a book stands since shares of it were sold elsewhere"),
        advice=N_(
            "These shares were sold outside maemae, and their book still buys nothing. Let "
            "it go on with maemae resume --book NAME, or /resume for all; you are reminded "
            "at each start until then."
        ),
    ),
    "unit_changed": Told(
        N_("shares became others overnight; they are converted"),
        advice=N_("Compare shares and average price with your broker's app."),
        detail=UNIT,
    ),
    "rights_detached": Told(
        N_("rights have left the shares; exits count from the new base price"),
        advice=N_(
            "The stop has moved down with the price that the rights took along. New shares "
            "that you pay for are yours: put them into the book with maemae book adopt."
        ),
        detail=UNIT,
    ),
    "unit_there_again": Told(
        N_("shares that seemed to be gone overnight are there; their exits go on"),
        advice=N_("Nothing to do; compare the shares with your broker's app."),
    ),
    "unit_unclear": Told(
        N_("what became of shares overnight is not clear; their exits wait for you"),
        advice=N_(
            "Look in your broker's app what the shares are now, and say it: maemae book convert "
            "CODE SHARES (as many as before, if nothing became of them; 0 if nothing is "
            "left of them). Nothing of it is sold until then."
        ),
        detail=UNIT,
    ),
    "search_cut": Told(
        N_("a search may have found more than the broker shows"),
        advice=N_(
            "The broker shows the first 100 stocks alone. Narrow the search in HTS screen "
            "[0110], so that what you want is among them."
        ),
        detail=CUT,
    ),
    "target_unit": Told(
        N_("a share of the list is another since the list was saved"),
        advice=N_(
            "Split, merger or rights: the price of the list is one of the old share. "
            "Correct it and save the list again, then start maemae again; until then the "
            "name is not bought."
        ),
    ),
    "purchase_unproven": Told(
        N_("a purchase has no execution to show for it"),
    ),
    "price_wrong": Told(
        N_("a price that cannot be true"),
        advice=N_(
            "Nothing was bought or sold on it; the broker was asked for the true price. If "
            "it goes on, compare with your broker's app."
        ),
    ),
    "price_right": Told(
        N_("prices are right again"),
        advice=N_("Nothing need be done."),
    ),
    "price_missing": Told(
        N_("a name that is held has no price"),
        advice=N_(
            "Its exits cannot be judged until a price comes. It is asked for all the time; "
            "if it stays away, watch the name in your broker's app."
        ),
        detail=SECONDS,
    ),
    "price_back": Told(
        N_("a name that is held has a price again"),
        advice=N_("Its exits are judged again. Nothing need be done."),
    ),
    "loss_near": Told(
        N_("the day's loss nears its limit"),
        advice=N_("At the limit entries halt by themselves; exits go on."),
        detail=LOSS,
    ),
    "daily_loss": Told(
        N_("the day's loss has reached its limit"),
        advice=N_(
            "Entries are halted, exits go on. To go on all the same, raise "
            "limits.daily_loss and answer /resume."
        ),
        detail=LOSS,
    ),
    "book_loss": Told(
        N_("a book's loss has reached its limit"),
        advice=N_(
            "Entries of the book are halted, exits go on. To go on all the same, raise its "
            "limit and answer /resume."
        ),
        detail=LOSS,
    ),
    "balance_stale": Told(
        N_("the broker shows old books"),
        advice=N_(
            "The balance lacks executions that are proved. Positions and exits go on; "
            "nothing is bought until it is up to date."
        ),
    ),
    "books_disputed": Told(
        N_("the broker's balance differs and no trade explains it"),
        advice=N_(
            "Positions stay, and their exits go on; nothing is bought until the balance "
            "agrees. Compare it with your broker's app. If shares left without a trade, "
            "hand them over with maemae book move."
        ),
    ),
    "books_agree": Told(
        N_("the broker's balance agrees with the books again"),
        advice=N_("Nothing need be done."),
    ),
    "position_returned": Told(
        N_("shares that were written off are back in their book"),
        advice=N_("It has its cost, its age and its exits again; nothing to do."),
    ),
    "close_unreconciled": Told(
        N_("the books still differ after the close"),
        advice=N_("Compare the balance in your broker's app with /balance."),
    ),
    "warmup": Told(
        N_("a strategy lacks price history and waits for it"),
        advice=N_(
            "Fetch more minute bars with `maemae bars download --minutes`, or let them "
            "gather (bars.record_minutes). Its exits by price go on."
        ),
        detail=WARMUP,
    ),
    "look_late": Told(
        N_("a strategy decides too late"),
        advice=N_(
            "Bars are passed over, and what is bought is bought late or not at all. Give the "
            "book fewer names ([book.universe]), longer bars, or a greater entry_seconds."
        ),
        detail=LOOK,
    ),
    "look_in_time": Told(
        N_("a strategy decides in time again"),
        detail=LOOK,
    ),
    "stream_down": Told(
        N_("the stream is down"),
    ),
    "notice_unread": Told(
        N_("an execution notice could not be read; the broker is asked instead"),
        advice=N_(
            "Nothing to do: orders and balance are asked for, and nothing is bought until "
            "then. If it comes often, tell the developers the feed that is named."
        ),
    ),
    "key_in_use": Told(
        N_("another program uses the same app key"),
        advice=N_(
            "Stop the other program that uses this app key (another maemae, HTS tools, a "
            "script), or give it a key of its own at KIS. While it holds the stream "
            "(OPSP8996) nothing is bought, and fills are learned by asking; it is tried "
            "again by itself, less and less often. While it ends our token (EGW00121) "
            "orders wait for a new one, up to a minute."
        ),
    ),
    "dry_run": Told(
        N_("dry run: simulated orders, live prices; no order leaves this machine"),
    ),
    "dry_gap": Told(
        N_("dry run: trades were missed, and nothing is filled by what nobody saw"),
        advice=N_(
            "Nothing to do. Orders that would have been filled meanwhile still wait: the real "
            "broker might have filled them."
        ),
    ),
    "dry_unkept": Told(
        N_("dry run: the account cannot be written to its file"),
        advice=N_(
            "See to free space on that disk and to the rights of that folder. What is traded "
            "until it can be written is lost when the program ends."
        ),
    ),
    "recording_failed": Told(
        N_("the market is not recorded; trading goes on"),
        advice=N_(
            "Trading does not need it. Make room on the disk, give the folder recordings in the "
            "data folder back to the user that trades, or raise record.megabytes; it is tried "
            "again every minute."
        ),
        detail=RECORDING,
    ),
    "recording_back": Told(
        N_("the market is recorded again"),
        advice=N_("Nothing to do: the recording has a gap there, which a replay shows."),
        detail=RECORDED,
    ),
    "token_trouble": Told(
        N_("the broker does not accept the keys"),
        advice=N_(
            "Check the app key and its secret (환경변수, keyring), and at KIS whether they are "
            "still valid. It is tried again by itself."
        ),
    ),
    "clock": Told(
        N_("this machine's clock is wrong"),
        advice=N_(
            "Let the system set its clock (timedatectl set-ntp true). If entries were "
            "halted, answer /resume when it is right."
        ),
        detail=CLOCK,
    ),
    "venue_stands": Told(
        N_("the simulated exchange stands still"),
        advice=N_(
            "Nothing happens until it runs again: POST /control/resume, or start another run."
        ),
    ),
    "venue_runs": Told(
        N_("the simulated exchange stood still and runs again"),
        advice=N_("Nothing need be done."),
    ),
    "venue_anew": Told(
        N_("the simulated exchange was started anew, with fresh accounts"),
        advice=N_(
            "Trading goes on, but shares and orders of before are not there any more: "
            "while the books differ nothing is bought. For a fresh start stop the trader, "
            "and give it another data_dir or remove ledger-sim.sqlite."
        ),
    ),
    "venue_jumped": Told(
        N_("the time of the simulated exchange has jumped"),
        advice=N_("It is followed; what was due in between is done now."),
    ),
    "calendar": Told(
        N_("the broker's trading days differ from our calendar, and are followed"),
        advice=N_(
            "Ages, plans and hours go by the broker's days; a newer maemae may know them too."
        ),
    ),
    "calendar_unchecked": Told(
        N_("our calendar could not be held against the broker's"),
        advice=N_(
            "It is asked again tomorrow and at the next start. Until then our own calendar "
            "holds; where that ends, every weekday counts as a trading day. Install a "
            "newer maemae."
        ),
    ),
    "restarted": Told(
        N_("the trader was started again after it hung, crashed or was killed"),
        advice=N_("It goes on from its ledger. See /status, and stacks-*.txt beside the log."),
        detail=PROCESS,
    ),
    "ledger_away": Told(
        N_("the database of the ledger is away: nothing is sent until it is back"),
        advice=N_(
            "No position is watched meanwhile. Look after the database server; it is tried "
            "every second, and trading goes on by itself."
        ),
    ),
    "ledger_back": Told(
        N_("the database of the ledger is back after it was away"),
        advice=N_("Trading goes on, exits first. See /orders for what happened meanwhile."),
        detail=SECONDS,
    ),
    EMPTY_LEDGER: Told(
        N_("the ledger is empty, but this account has traded"),
        advice=N_(
            "Nothing is bought until you answer /resume. If the ledger was moved or deleted, stop "
            "maemae and put it back (maemae restore FILE): it alone knows which shares to watch."
        ),
    ),
    LEDGER_BEHIND: Told(
        N_("the ledger lacks the last facts of this account: it is an older copy"),
        advice=N_(
            "Nothing is bought until you answer /resume. If it is the wrong one, stop maemae and "
            "put the right one back. If it is a backup and the right one is lost: what was bought "
            "since counts as your own and is not watched; look at /positions and your holdings."
        ),
    ),
    "snapshot_unfit": Told(
        N_("a snapshot of the ledger does not match and is not used"),
        advice=N_(
            "Nothing is lost: all facts of the ledger were read instead, and a new snapshot is "
            "made. If it comes again, look at the disk (dmesg) and run maemae ledger verify."
        ),
        detail=SNAPSHOT,
    ),
    "interrupted": Told(
        N_("the session is interrupted and tried again"),
    ),
    BOOK_FAILED: Told(
        N_("a book is off, for its own code failed"),
        advice=N_(
            "It buys nothing and its rules sell nothing; the stops of what it holds stay "
            "armed, and other books go on. The log says where it failed. Mend it, then "
            "`maemae resume --book NAME`, or start again."
        ),
    ),
    "strategy": Told(
        N_("a strategy cannot be followed"),
    ),
    "plan_failed": Told(
        N_("a plan could not be prepared"),
    ),
    "plan_changed": Told(
        N_("a plan is not the one that was begun"),
    ),
}

_FACTS = {
    "day_opened": N_("the day opens"),
    "day_closed": N_("the day is closed"),
    "declined": N_("the guard declined"),
    "halted": N_("level changed"),
    "flatten_begun": N_("flatten begun"),
    "refused": N_("refused"),
    "lost": N_("outcome unknown"),
    "never_arrived": N_("never arrived"),
    "cancel_failed": N_("cancel failed"),
    "amend_failed": N_("the new price of an order was not taken"),
    "position_moved": N_("moved to another book"),
    "owner_traded": N_("the owner traded"),
    "cash_stated": N_("cash follows the broker"),
    "blinded": N_("it cannot be seen"),
    "seen_again": N_("it can be seen again"),
}
"""The other facts that stand among the incidents, by the tag of their record."""


def title(kind: str) -> str:
    """Name an incident, or another fact that stands among them; an unknown one is left as it is."""
    told = TOLD.get(kind)
    return _(told.title) if told is not None else _(_FACTS[kind]) if kind in _FACTS else kind


def detail(kind: str, written: str) -> str:
    """Put what an incident carries into words; what is of another shape is left as it is."""
    told = TOLD.get(kind)
    if told is None or told.detail is None:
        return written
    found = told.detail.shape.fullmatch(written)
    return written if found is None else told.detail.say(found.groupdict(default=""))


def todo(kind: str) -> str:
    """Say what the owner can do about an incident."""
    advice = TOLD[kind].advice if kind in TOLD else ""
    return _(advice) if advice else _("Look at /status and /log, and at your broker's app.")


def todo_blind(sight: Sight) -> str:
    """Say what follows from not seeing something, and what the owner can do."""
    known = {
        Sight.BALANCE: _(
            "Nothing is bought until it answers; exits go on. Compare your holdings in your "
            "broker's app."
        ),
        Sight.SEARCH: _("That book buys nothing until it answers; exits go on."),
        Sight.STREAM: _(
            "Nothing is bought, and exits are judged on the balance's prices alone. Look at your "
            "network."
        ),
    }
    return known.get(sight, _("It is asked again by itself; what depends on it waits."))
