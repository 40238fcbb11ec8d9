"""The first look: what the day has earned, what is at risk, how much of the limit is used.

The same few figures for page, phone, terminal and messenger.
"""

from decimal import Decimal

from maemae.desk.quoting import ASK_BEYOND
from maemae.i18n import _
from maemae.service import words
from maemae.service.status import Status


def part_names() -> tuple[str, str]:
    """Name the parts of the day's result, in the order of `parts`."""
    return _("realised"), _("change of unrealised")


def parts(now: Status) -> tuple[int, int]:
    """Return what the day's result is made of, won: sales, and what is held. They add up to it.

    What sales realised counts from the purchase (실현손익, as brokers count it); the result counts
    from the day's base price, at the last price. So the other part is by how much the gain of
    what is held has changed today. It takes back what a sale realised of earlier days' gains, and
    takes off no costs of a sale that is not made.
    """
    return now.realised, now.day_result - now.realised


def day_rate(now: Status) -> Decimal:
    """Return the result of the day against the account's worth at the opening."""
    opened = now.assets - now.day_result
    return Decimal(now.day_result) / opened if opened > 0 else Decimal(0)


def result(now: Status) -> str:
    """Say what the day has earned: `▲ 12,300원 (▲ 0.12%)`."""
    return f"{words.marked_won(now.day_result)} ({words.marked_percent(day_rate(now))})"


def at_stake(now: Status) -> str:
    """Say what is lost from here if every stop fires, and which names have none."""
    if not now.positions:
        return _("nothing is held")
    said = []
    if len(now.unstopped) < len(now.positions):
        loss = words.marked_won(-now.stake)
        said.append(_("{loss} more (the day: {day})").format(
            loss=loss, day=words.marked_won(now.day_result - now.stake)
        ))  # fmt: skip
    if now.unstopped:
        names = ", ".join(now.unstopped[: words.FEW])
        if len(now.unstopped) > words.FEW:
            names += " " + _("and {n} more").format(n=len(now.unstopped) - words.FEW)
        said.append(_("no stop: {names}").format(names=names))
    return " · ".join(said)


def decisions(now: Status) -> str:
    """Say how old the last decision of each book on bars was; blank where there is none."""
    return " · ".join(
        _("{book}: the bar until {time}, decided after {seconds} s").format(
            book=line.book, time=f"{line.at:%H:%M}", seconds=f"{line.seconds:.0f}"
        )
        for line in now.decisions
    )


def beyond(now: Status) -> str:
    """Say of how many names held the stream does not tell; blank where it tells of all."""
    if not now.beyond:
        return ""
    every = int(ASK_BEYOND.total_seconds())
    return _("{n} names have no place on the stream: asked for every {every} s").format(
        n=len(now.beyond), every=every
    )


def limit_used(now: Status) -> str:
    """Say how much of the day's loss limit is used: `₩30,000 of ₩300,000 (10%)`."""
    if now.loss_limit is None:
        return _("no limit is set")
    used = max(0, -now.day_result)
    share = Decimal(used) / now.loss_limit if now.loss_limit else Decimal(1)
    return _("{used} of {limit} ({share})").format(
        used=words.won(used), limit=words.won(now.loss_limit), share=f"{share * 100:.0f}%"
    )
