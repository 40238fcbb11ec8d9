"""Commands that only ask: each puts one answer of the service into words."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from maemae.desk.sights import Sight
from maemae.i18n import _
from maemae.notify import digest
from maemae.notify.messages import Kind
from maemae.notify.reporter import Reporter
from maemae.notify.telegram.reply import Asked, Reply
from maemae.notify.texts import Texts
from maemae.service import glance, incidents, words
from maemae.service import operations as op
from maemae.service.answers import Pnl, Share
from maemae.service.log_words import in_words
from maemae.service.service import Service
from maemae.service.status import OrderLine, UnseenLine
from maemae.service.venue_words import venue_word

LOG_LINES = 15
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one owner."""

    service: Service
    reporter: Reporter
    texts: Texts

    def table(self) -> dict[str, Callable[[Asked], Awaitable[Reply]]]:
        """Return each command with what answers it."""
        return {
            "status": self.status,
            "balance": self.balance,
            "positions": self.positions,
            "orders": self.orders,
            "pnl": self.pnl,
            "performance": self.performance,
            "plan": self.plan,
            "scan": self.scan,
            "report": self.report,
            "log": self.log,
            "health": self.health,
        }

    async def status(self, _asked: Asked) -> Reply:
        """Tell state, money and positions at a glance."""
        now = await self.service.ask(op.GetStatus())
        text = self.texts.say(Kind.SUMMARY, **digest.summary(now))
        level = words.halt(now.halt)
        if now.halt_reason:
            level += f" ({words.because(now.halt_reason)})"
        head = [f"{now.at:%Y-%m-%d %H:%M:%S} · {level}", *unseen(now.unseen)]
        head += [f"⏱ {said}" for said in (glance.decisions(now), glance.beyond(now)) if said]
        stop = _("To stop: /pause (entries), /halt (everything)")
        return Reply("\n".join([*head, text, stop]))

    async def balance(self, _asked: Asked) -> Reply:
        """Tell the money only."""
        now = await self.service.ask(op.GetStatus())
        lines = [
            (_("Assets"), words.won(now.assets)),
            (_("Cash (D+2)"), words.won(now.cash)),
            (_("In shares"), words.won(now.assets - now.cash)),
            (_("Result of the day"), glance.result(now)),
            *(
                (name, words.marked_won(won))
                for name, won in zip(glance.part_names(), glance.parts(now), strict=True)
            ),
            (_("Fees and taxes"), words.won(now.fees + now.taxes)),
        ]
        return Reply("💰 " + "\n".join(f"{label}: {value}" for label, value in lines))

    async def positions(self, _asked: Asked) -> Reply:
        """List each position with what selling it now would earn."""
        now = await self.service.ask(op.GetStatus())
        if not now.positions:
            return Reply(_("No positions."))
        lines = [f"{digest.position(line)} · {line.code}" for line in now.positions]
        return Reply("📂 " + _("Names held") + digest.block(lines))

    async def orders(self, _asked: Asked) -> Reply:
        """List the orders of the day, newest first."""
        now = await self.service.ask(op.GetStatus())
        if not now.orders:
            return Reply(_("No orders today."))
        lines = [_order(line) for line in reversed(now.orders)]
        return Reply("📝 " + _("Orders of today") + digest.block(lines))

    async def pnl(self, asked: Asked) -> Reply:
        """Tell the profit of the day, the week or the month so far."""
        today = (await self.service.ask(op.GetHealth())).day
        span = asked.args[0] if asked.args else "day"
        first = _first(span, today)
        if first is None:
            return Reply(_("Say /pnl day, /pnl week or /pnl month."))
        pnl = await self.service.ask(op.GetPnl(first=first, last=today))
        head = f"{first}" if first == today else f"{first} – {today}"
        parts = [
            f"💹 {head}\n{_realised(pnl)}",
            _("Fees and taxes {costs}, won/lost {wins}/{losses}").format(
                costs=words.won(pnl.fees + pnl.taxes), wins=pnl.wins, losses=pnl.losses
            ),
        ]
        lines = [digest.share(line) for line in pnl.by_code]
        if first != today:
            lines = [digest.day(line) for line in pnl.days]
        return Reply("\n".join(parts) + digest.block(lines))

    async def performance(self, _asked: Asked) -> Reply:
        """Tell how it went over the last year, and where it came from."""
        today = (await self.service.ask(op.GetHealth())).day
        pnl = await self.service.ask(op.GetPnl(first=today - YEAR, last=today))
        if not pnl.days:
            return Reply(_("No trades in the last year."))
        return Reply("🏁 " + _performance(pnl))

    async def plan(self, _asked: Asked) -> Reply:
        """Tell the latest next-open plan of each book, and what would be bought next."""
        now = await self.service.ask(op.GetStatus())
        plans = await self.service.ask(op.GetPlans())
        latest = {plan.name: plan for plan in reversed(plans)}
        said = [digest.plan(plan) for plan in latest.values()]
        wanted = [line for line in now.candidates if not line.held]
        if not wanted:
            none = _("Nothing is planned: no candidates that are not held already.")
            return Reply("\n\n".join(said) or none)
        lines = [f"{c.book}: {c.name or c.code} {words.won(c.price)}" for c in wanted]
        note = "" if now.halt.value == "none" else f" ({words.halt(now.halt)})"
        said.append("🗒️ " + _("Wanted next, while slots and cash last") + note + digest.block(lines))
        return Reply("\n\n".join(said))

    async def scan(self, _asked: Asked) -> Reply:
        """List what the candidate sources offer."""
        now = await self.service.ask(op.GetStatus())
        missing = unseen([line for line in now.unseen if line.sight == Sight.SEARCH])
        missing += [_("{book}: no answer yet").format(book=book) for book in now.unanswered]
        if not now.candidates:
            return Reply("\n".join(missing) or _("No candidates at the moment."))
        lines = [
            f"{'●' if c.held else '○'} {c.code} {c.name} {words.won(c.price)}"
            for c in now.candidates
        ]
        head = ["🔎 " + _("Candidates (● held)"), *missing]
        return Reply("\n".join(head) + digest.block(lines))

    async def report(self, _asked: Asked) -> Reply:
        """Send the daily report so far, with its picture."""
        health = await self.service.ask(op.GetHealth())
        told = await self.reporter.day(health.day, health.at)
        return Reply(told.text, picture=told.picture)

    async def log(self, asked: Asked) -> Reply:
        """Send the last lines of the log."""
        wanted = asked.args[0] if asked.args else str(LOG_LINES)
        if not wanted.isdigit() or not 0 < int(wanted) <= 2 * LOG_LINES:
            return Reply(_("Say how many lines, 1 to {most}.").format(most=2 * LOG_LINES))
        lines = await self.service.ask(op.GetLog(lines=int(wanted)))
        return Reply("\n".join(map(in_words, lines)) if lines else _("The log is empty."))

    async def health(self, _asked: Asked) -> Reply:
        """Tell whether the trader is alive and well."""
        now = await self.service.ask(op.GetHealth())
        up = _("connected") if now.wire.stream_up else _("interrupted")
        last = f"{now.last_step:%H:%M:%S}" if now.last_step is not None else "-"
        lines = [
            (_("Trades at"), f"{venue_word(now.venue)} {now.account}"),
            (_("Venue time"), f"{now.at:%Y-%m-%d %H:%M:%S}"),
            (_("Last step"), f"{last} ({now.steps:,})"),
            (_("Waiting events"), f"{now.waiting:,}"),
            (_("Live stream"), f"{up}, {now.wire.registered}/{now.wire.registrations}"),
            (
                _("Calls to the broker"),
                f"{now.wire.granted:,} ({now.wire.throttled:,} " + _("throttled") + ")",
            ),
        ]
        said = [f"{label}: {value}" for label, value in lines]
        return Reply("🩺 " + "\n".join([*said, *unseen(now.unseen)]))


def unseen(lines: Sequence[UnseenLine]) -> list[str]:
    """Say what cannot be seen right now, a line each."""
    return [f"🙈 {incidents.title('blinded')}: {line.words}" for line in lines]


def _order(line: OrderLine) -> str:
    serial = line.intent.rsplit("-", 1)[-1].lstrip("0")
    side = "🔴" if line.side == "buy" else "🔵"
    price = f" {words.won(line.average)}" if line.average is not None else ""
    return (
        f"#{serial} {line.at:%H:%M:%S} {side} {line.name or line.code} "
        f"{line.filled:,}/{line.quantity:,}{price} · {words.order_state(line.state)}"
    )


def _first(span: str, today: date) -> date | None:
    starts = {
        "day": today,
        "week": today - timedelta(days=today.weekday()),
        "month": today.replace(day=1),
    }
    return starts.get(span)


def _realised(pnl: Pnl) -> str:
    return f"{words.dot(pnl.realised)} {_('realised')} {words.marked_won(pnl.realised)}"


def _performance(pnl: Pnl) -> str:
    trades = pnl.wins + pnl.losses
    rate = f"{Decimal(pnl.wins) / trades * 100:.1f}%" if trades else "-"
    best = max(pnl.days, key=lambda line: line.realised)
    worst = min(pnl.days, key=lambda line: line.realised)
    head = _("{n} days since {first}").format(n=len(pnl.days), first=pnl.days[0].day)
    lines = [
        f"{head}: {_realised(pnl)}",
        _("Won {rate} of {n} positions").format(rate=rate, n=f"{trades:,}"),
        _("Best {day} {won}").format(day=best.day, won=words.marked_won(best.realised)),
        _("Worst {day} {won}").format(day=worst.day, won=words.marked_won(worst.realised)),
        _("Fees and taxes") + f" {words.won(pnl.fees + pnl.taxes)}",
    ]
    return "\n".join(lines) + digest.block([_cause(line) for line in pnl.by_reason])


def _cause(line: Share) -> str:
    earned = words.marked_won(line.realised)
    return f"{words.dot(line.realised)} {words.reason(line.key)} ×{line.sales:,} {earned}"
