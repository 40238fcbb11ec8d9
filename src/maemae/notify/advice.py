"""What the owner can do about an incident."""

from maemae.desk.records import BOOK_FAILED
from maemae.desk.sights import Sight
from maemae.i18n import _


def todo(kind: str) -> str:
    """Say what to do about a kind of incident (`maemae.service.words.incident` names them)."""
    known = {
        "close_unreconciled": _("Compare the balance in your broker's app with /balance."),
        "entry_unfilled": _(
            "Nothing to do: its place is free again. A name at its upper limit price cannot be "
            "bought at market."
        ),
        "exit_refused": _(
            "The sale is tried again. If it stays refused, sell in your broker's app."
        ),
        "exit_delayed": _(
            "The same sale goes again by itself, before anything else. If this lasts, sell in your "
            "broker's app, and look at your network and at other programs on the same app key."
        ),
        "code_unknown": _("It is left out for today. Check the code where it comes from."),
        "price_refused": _(
            "Nothing was bought. Update maemae if the exchange has changed its price steps."
        ),
        "position_lost": _(
            "This book buys nothing until you let it go on (maemae resume --book NAME, or /resume "
            "for all); the others trade on. If you did not sell the shares yourself, look at the "
            "orders in your broker's app first."
        ),
        "shares_missing": _(
            "These shares were sold outside maemae, and their book still buys nothing. Let it go "
            "on with maemae resume --book NAME, or /resume for all; you are reminded at each start "
            "until then."
        ),
        "unit_changed": _("Compare shares and average price with your broker's app."),
        "rights_detached": _(
            "The stop has moved down with the price that the rights took along. New shares that "
            "you pay for are yours: put them into the book with maemae adopt."
        ),
        "unit_unclear": _(
            "Look in your broker's app what the shares are now, and say it: maemae convert CODE "
            "SHARES (as many as before, if nothing became of them; 0 if nothing is left of them). "
            "Nothing of it is sold until then."
        ),
        "unit_there_again": _("Nothing to do; compare the shares with your broker's app."),
        "books_disputed": _(
            "Positions stay, and their exits go on; nothing is bought until the balance agrees. "
            "Compare it with your broker's app. If shares left without a trade, hand them over "
            "with maemae move."
        ),
        "balance_stale": _(
            "The balance lacks executions that are proved. Positions and exits go on; nothing is "
            "bought until it is up to date."
        ),
        "books_agree": _("Nothing need be done."),
        "position_returned": _("It has its cost, its age and its exits again; nothing to do."),
        "late_arrival": _("It is watched again as an order of its book; see /orders."),
        "order_undecided": _(
            "Look in your broker's app whether it is there. A sale may be missing: sell there if "
            "the shares must go. Nothing is bought until it is known; the close ends it at the "
            "latest. If shares that it bought end up with yours, put them into its book with "
            "maemae adopt."
        ),
        "order_without_number": _(
            "Cancel it in your broker's app if you do not want it. Nothing is bought until then."
        ),
        "amended_elsewhere": _("maemae follows it; let only one of you change its orders."),
        "restarted": _("It goes on from its ledger. See /status, and stacks-*.txt beside the log."),
        "ledger_away": _(
            "No position is watched meanwhile. Look after the database server; it is tried every "
            "second, and trading goes on by itself."
        ),
        "empty_ledger": _(
            "Nothing is bought until you answer /resume. If the ledger was moved or deleted, stop "
            "maemae and put it back (maemae restore FILE): it alone knows which shares to watch."
        ),
        "ledger_back": _("Trading goes on, exits first. See /orders for what happened meanwhile."),
        "price_wrong": _(
            "Nothing was bought or sold on it; the broker was asked for the true price. If it goes "
            "on, compare with your broker's app."
        ),
        "price_right": _("Nothing need be done."),
        "price_missing": _(
            "Its exits cannot be judged until a price comes. It is asked for all the time; if it "
            "stays away, watch the name in your broker's app."
        ),
        "price_back": _("Its exits are judged again. Nothing need be done."),
        "loss_near": _("At the limit entries halt by themselves; exits go on."),
        "daily_loss": _(
            "Entries are halted, exits go on. To go on all the same, raise limits.daily_loss and "
            "answer /resume."
        ),
        "book_loss": _(
            "Entries of the book are halted, exits go on. To go on all the same, raise its limit "
            "and answer /resume."
        ),
        "clock": _(
            "Let the system set its clock (timedatectl set-ntp true). If entries were halted, "
            "answer /resume when it is right."
        ),
        "venue_stands": _(
            "Nothing happens until it runs again: POST /control/resume, or start another run."
        ),
        "venue_runs": _("Nothing need be done."),
        "venue_anew": _(
            "Trading goes on, but shares and orders of before are not there any more: while the "
            "books differ nothing is bought. For a fresh start stop the trader, and give it "
            "another data_dir or remove ledger-sim.sqlite."
        ),
        "venue_jumped": _("It is followed; what was due in between is done now."),
        "notice_unread": _(
            "Nothing to do: orders and balance are asked for, and nothing is bought until then. If "
            "it comes often, tell the developers the feed that is named."
        ),
        "key_in_use": _(
            "Stop the other program that uses this app key (another maemae, HTS tools, a script), "
            "or give it a key of its own at KIS. While it holds the stream (OPSP8996) nothing is "
            "bought, and fills are learned by asking; it is tried again by itself, less and less "
            "often. While it ends our token (EGW00121) orders wait for a new one, up to a minute."
        ),
        "token_trouble": _(
            "Check the app key and its secret (환경변수, keyring), and at KIS whether they are "
            "still valid. It is tried again by itself."
        ),
        "warmup": _(
            "Fetch more minute bars with `maemae bars download --minutes`, or let them gather "
            "(bars.record_minutes). Its exits by price go on."
        ),
        BOOK_FAILED: _(
            "It buys nothing and its rules sell nothing; the stops of what it holds stay armed, "
            "and other books go on. The log says where it failed. Mend it, then "
            "`maemae resume --book NAME`, or start again."
        ),
        "search_cut": _(
            "The broker shows the first 100 stocks alone. Narrow the search in HTS screen [0110], "
            "so that what you want is among them."
        ),
        "target_unit": _(
            "Split, merger or rights: the price of the list is one of the old share. Correct it "
            "and save the list again, then start maemae again; until then the name is not bought."
        ),
        "calendar": _(
            "Ages, plans and hours go by the broker's days; a newer maemae may know them too."
        ),
        "calendar_unchecked": _(
            "It is asked again tomorrow and at the next start. Until then our own calendar holds; "
            "where that ends, every weekday counts as a trading day. Install a newer maemae."
        ),
        "fill_without_execution": _("The books were not changed. Compare /balance with the app."),
    }
    return known.get(kind, _("Look at /status and /log, and at your broker's app."))


def blind(sight: Sight) -> str:
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
