"""The hands of the trader on KIS: commands become calls, answers become events."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from maemae import kis
from maemae.clock import Clock
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.commands import STREAMED
from maemae.desk.plausibility import Plausibility, Verdict
from maemae.desk.quoting import printed
from maemae.desk.terms import Route
from maemae.errors import KisAuth, KisUnsupported, WireError
from maemae.kis import Priority
from maemae.market.kinds import Market
from maemae.market.phases import Venue
from maemae.trader import wire
from maemae.trader.asking import Asking
from maemae.trader.quoted import Together
from maemae.trader.sources.directory import Directory
from maemae.trader.sources.source import Hearing, Listening, Put, Source

REPEATED = frozenset({ev.Query.BALANCE, ev.Query.EXECUTIONS})
"""What is asked for again and again, whatever came of it the last time."""


class KisHands:
    """Carries out commands with one client for orders and one for data.

    They are the same client where the venue offers everything; on KIS's virtual server condition
    searches and multi-quotes do not exist, so paper trading asks the live server for data.

    Args:
        orders: takes orders, notices, balances.
        data: answers searches and quotes, streams ticks.
        sources: by book, where its candidates come from.
        clock: of the venue.
        directory: what is known of instruments; the rest is asked for when it turns up.
        goes: asked in the last moment whether an intent may still leave: a halt may have come
            while its order or its amendment waited for a token or its turn.
    """

    def __init__(
        self,
        orders: kis.KisClient,
        data: kis.MarketClient,
        sources: Mapping[str, Source],
        clock: Clock,
        directory: Directory,
        *,
        goes: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._orders = orders
        self._data = data
        self._sources = sources
        self._listening = [one for one in sources.values() if isinstance(one, Listening)]
        self._hearing = [one for one in sources.values() if isinstance(one, Hearing)]
        self._clock = clock
        self._directory = directory
        self._goes = goes
        self._wanted: tuple[str, ...] = ()
        self._watched: set[str] = set()
        self._watching = asyncio.Lock()
        self._put: Put = lambda _: None
        self._locked_out = False
        self._prices = Plausibility()
        self._asking = Asking()
        self._together = Together(
            partial(data.prices, priority=Priority.ENTRY),
            partial(data.price, priority=Priority.ENTRY),
        )

    async def start(self, put: Put) -> None:
        """Start the sources, open the streams and register for notices.

        Raises:
            SettingsError: a source cannot work as it is set.
            WireError: the broker cannot be reached.
        """

        def deliver(event: ev.Event) -> None:
            put(event)
            self._hear(event)

        self._put = put
        for source in self._sources.values():
            await source.start(put)
        listen = wire.stream_event(self._clock.now, deliver)
        self._orders.stream.listen(listen)
        for one in self._hearing:
            self._data.stream.listen(one.hear)
        await self._orders.stream.start()
        if self._data is not self._orders:
            self._data.stream.listen(listen)
            await self._data.stream.start()
        await self._orders.stream.subscribe(kis.Feed.NOTICES)
        await self._watch()

    async def stop(self) -> None:
        """Stop the sources and close the streams."""
        await self._together.close()
        for source in self._sources.values():
            await source.stop()
        await self._orders.stream.stop()
        if self._data is not self._orders:
            await self._data.stream.stop()

    @property
    def streamed(self) -> int:
        """Codes that the stream carries; one registration is that of the notices."""
        return streamed(self._data)

    def market_of(self, code: str) -> Market | None:
        """Return the market of an instrument, as far as it is known."""
        listed = self._directory.get(code)
        return None if listed is None else listed.market

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        """Carry out one command."""
        match command:
            case cmd.Send():
                return await self._send(command)
            case cmd.SendCancel():
                return await self._cancel(command)
            case cmd.SendAmend():
                return await self._amend(command)
            case cmd.Ask():
                return await self._ask(command)
            case cmd.Watch():
                self._wanted = command.codes
                await self._watch()
            case cmd.Wake():
                pass
        return None

    async def _send(self, order: cmd.Send) -> ev.Event:
        request = kis.OrderRequest(
            side=order.side,
            code=order.code,
            quantity=order.quantity,
            price=order.price,
            kind=_kind(order.price, order.route),
            exchange=_exchange(order.route),
        )
        priority = Priority.EXIT if order.urgent else Priority.ENTRY
        goes = partial(self._goes, order.intent)
        answer = await self._orders.order(request, priority=priority, goes=goes)
        return wire.outcome(self._clock.now(), order.intent, answer)

    async def _cancel(self, cancel: cmd.SendCancel) -> ev.Event:
        answer = await self._orders.cancel(
            order_no=cancel.order_no,
            org_no=cancel.org_no,
            kind="00" if cancel.route is None else cancel.route.kind,
            exchange=_exchange(cancel.route),
        )
        failure = "" if isinstance(answer, kis.Accepted) else _why(answer)
        kind = answer.refusal if isinstance(answer, kis.Refused) else None
        at = self._clock.now()
        return ev.CancelAnswered(at=at, intent=cancel.intent, failure=failure, kind=kind)

    async def _amend(self, wanted: cmd.SendAmend) -> ev.Event:
        answer = await self._orders.amend(
            order_no=wanted.order_no,
            org_no=wanted.org_no,
            price=wanted.price,
            kind=_kind(wanted.price, wanted.route),
            exchange=_exchange(wanted.route),
            goes=partial(self._goes, wanted.intent),
        )
        at = self._clock.now()
        if isinstance(answer, kis.Accepted):
            return ev.AmendAnswered(
                at=at, intent=wanted.intent, order_no=answer.order_no, org_no=answer.org_no
            )
        return ev.AmendAnswered(at=at, intent=wanted.intent, failure=_why(answer))

    async def _ask(self, question: cmd.Ask) -> ev.Event | None:
        if question.query not in REPEATED:
            return await self._answered(question)
        if not await self._asking.begin(question.query):
            return None
        try:
            return await self._answered(question)
        finally:
            self._asking.end(question.query)

    async def _answered(self, question: cmd.Ask) -> ev.Event:
        try:
            answer = await self._answer(question)
        except WireError as error:
            self._complain(error)
            return ev.Unavailable(
                at=self._clock.now(),
                query=question.query,
                key=question.key,
                reason=str(error),
                permanent=isinstance(error, KisUnsupported),
            )
        self._locked_out = False
        return answer

    def _complain(self, error: WireError) -> None:
        """Have the owner told, once, that the broker does not accept the keys."""
        if isinstance(error, KisAuth) and not self._locked_out:
            self._locked_out = True
            at = self._clock.now()
            self._put(ev.Reported(at=at, kind="token_trouble", detail=str(error)))

    async def _answer(self, question: cmd.Ask) -> ev.Event:
        match question.query:
            case ev.Query.SEARCH:
                offer = await self._sources[question.key].offer()
                await self._watch()
                return offer
            case ev.Query.PRICE:
                price = await self._price(question.key)
                self._hear(price)
                return price
            case ev.Query.POWER:
                power = await self._orders.buying_power(
                    question.key, question.price, priority=Priority.ENTRY
                )
                return ev.BuyingPower(
                    at=self._clock.now(),
                    code=question.key,
                    quantity=power.quantity,
                    amount=power.amount,
                )
            case ev.Query.BALANCE:
                answer = await self._orders.balance(priority=Priority.RECONCILE)
                return wire.balance(self._clock.now(), question.version, answer)
            case ev.Query.EXECUTIONS:
                asked_at = self._clock.now()
                rows = await self._orders.daily_executions(
                    asked_at.date(), priority=Priority.RECONCILE
                )
                sure = self._orders.server.lists_orders
                return wire.executions(
                    self._clock.now(), question.version, asked_at, rows, sure=sure
                )

    async def _price(self, code: str) -> ev.Price:
        if code in self._wanted[self.streamed :]:
            quote = await self._together.price(code)
        else:
            quote = await self._data.price(code, priority=Priority.ENTRY)
        await self._directory.learn([code])
        return wire.price(self._clock.now(), code, quote, self._directory.get(code))

    def _hear(self, event: ev.Event) -> None:
        """Let the sources know of a price that can be true."""
        if self._listening and isinstance(event, ev.Price) and self._sound(event):
            for source in self._listening:
                source.heard(event)

    def _sound(self, event: ev.Price) -> bool:
        if event.day is not None:
            self._prices.learn(event.code, event.day, event.price)
        return self._prices.judge(printed(event)).verdict is Verdict.SOUND

    async def _watch(self) -> None:
        """Keep on the stream what the desk wants, then what the sources want, as far as it goes."""
        async with self._watching:
            codes = list(dict.fromkeys(self._wishes()))[: self.streamed]
            for code in sorted(self._watched - set(codes)):
                await self._data.stream.unsubscribe(kis.Feed.TICKS, code)
                self._watched.remove(code)
            for code in codes:
                if code not in self._watched:
                    await self._data.stream.subscribe(kis.Feed.TICKS, code)
                    self._watched.add(code)

    def _wishes(self) -> Iterator[str]:
        yield from self._wanted
        for source in self._sources.values():
            yield from source.watching


def streamed(data: kis.MarketClient) -> int:
    """Return how many codes a stream of prices carries, beside the notices."""
    return min(STREAMED, data.server.limits.registrations - 1)


def _kind(price: int | None, route: Route | None) -> str:
    """Return ORD_DVSN: what the order says, else a market (시장가) or a limit order (지정가)."""
    if route is not None:
        return route.code_at(price)
    return "01" if price is None else "00"


def _exchange(route: Route | None) -> Venue:
    """Return where an order goes."""
    return Venue.KRX if route is None else route.exchange


def _why(answer: kis.Refused | kis.Unknown) -> str:
    """Return why something was not done, in the broker's words; never blank, which means done."""
    if isinstance(answer, kis.Unknown):
        return answer.reason or "no answer"
    return f"{answer.code} {answer.message}".strip() or answer.refusal.value
