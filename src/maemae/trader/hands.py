"""The hands of the trader on KIS: commands become calls, answers become events."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from maemae import kis
from maemae.clock import Clock
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.errors import KisUnsupported, SettingsError, WireError
from maemae.kis import Priority
from maemae.market.kinds import Market
from maemae.trader import wire


class KisHands:
    """Carries out commands with one client for orders and one for data.

    They are the same client where the venue offers everything; on KIS's virtual server condition
    searches and multi-quotes do not exist, so paper trading asks the live server for data.

    Args:
        orders: takes orders, notices, balances.
        data: answers searches and quotes, streams ticks.
        conditions: by book, the number of its condition search.
        clock: of the venue.
        listed: what is known of instruments beforehand; the rest is asked for when it turns up.
    """

    def __init__(
        self,
        orders: kis.KisClient,
        data: kis.KisClient,
        conditions: dict[str, int],
        clock: Clock,
        listed: Mapping[str, Listed] = MappingProxyType({}),
    ) -> None:
        self._orders = orders
        self._data = data
        self._conditions = conditions
        self._clock = clock
        self._listed = dict(listed)
        self._watched: set[str] = set()

    async def start(self, put: Callable[[ev.Event], None]) -> None:
        """Check the condition searches, open the streams and register for notices.

        Raises:
            SettingsError: a condition search is not saved on the server.
            WireError: the broker cannot be reached.
        """
        await self._check_conditions()
        listen = wire.stream_event(self._clock.now, put)
        self._orders.stream.listen(listen)
        await self._orders.stream.start()
        if self._data is not self._orders:
            self._data.stream.listen(listen)
            await self._data.stream.start()
        await self._orders.stream.subscribe(kis.Feed.NOTICES)

    async def stop(self) -> None:
        """Close the streams."""
        await self._orders.stream.stop()
        if self._data is not self._orders:
            await self._data.stream.stop()

    def market_of(self, code: str) -> Market | None:
        """Return the market of an instrument, as far as it is known."""
        listed = self._listed.get(code)
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
                await self._watch(command.codes)
            case cmd.Wake():
                pass
        return None

    async def _send(self, order: cmd.Send) -> ev.Event:
        request = kis.OrderRequest(
            side=order.side,
            code=order.code,
            quantity=order.quantity,
            price=order.price,
            kind="01" if order.price is None else "00",
        )
        priority = Priority.EXIT if order.urgent else Priority.ENTRY
        answer = await self._orders.order(request, priority=priority)
        return wire.outcome(self._clock.now(), order.intent, answer)

    async def _cancel(self, cancel: cmd.SendCancel) -> ev.Event:
        answer = await self._orders.cancel(order_no=cancel.order_no, org_no=cancel.org_no)
        failure = "" if isinstance(answer, kis.Accepted) else str(answer)
        return ev.CancelAnswered(at=self._clock.now(), intent=cancel.intent, failure=failure)

    async def _amend(self, wanted: cmd.SendAmend) -> ev.Event:
        answer = await self._orders.amend(
            order_no=wanted.order_no,
            org_no=wanted.org_no,
            price=wanted.price,
        )
        at = self._clock.now()
        if isinstance(answer, kis.Accepted):
            return ev.AmendAnswered(
                at=at, intent=wanted.intent, order_no=answer.order_no, org_no=answer.org_no
            )
        return ev.AmendAnswered(at=at, intent=wanted.intent, failure=str(answer))

    async def _ask(self, question: cmd.Ask) -> ev.Event:
        try:
            return await self._answer(question)
        except WireError as error:
            return ev.Unavailable(
                at=self._clock.now(),
                query=question.query,
                key=question.key,
                reason=str(error),
                permanent=isinstance(error, KisUnsupported),
            )

    async def _answer(self, question: cmd.Ask) -> ev.Event:
        match question.query:
            case ev.Query.SEARCH:
                return await self._search(question.key)
            case ev.Query.PRICE:
                return await self._price(question.key)
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
                return wire.executions(self._clock.now(), question.version, asked_at, rows)

    async def _price(self, code: str) -> ev.Price:
        quote = await self._data.price(code, priority=Priority.ENTRY)
        await self._learn([code])
        return ev.Price(
            at=self._clock.now(),
            code=code,
            price=quote.price,
            polled=True,
            listed=self._listed.get(code),
        )

    async def _search(self, book: str) -> ev.Candidates:
        hits = await self._data.condition_result(self._conditions[book], priority=Priority.QUOTE)
        await self._learn(hit.code for hit in hits)
        return ev.Candidates(
            at=self._clock.now(),
            book=book,
            offers=tuple(
                wire.candidate(hit, self._listed[hit.code])
                for hit in hits
                if hit.code in self._listed
            ),
        )

    async def _learn(self, codes: Iterable[str]) -> None:
        """Find out market and name of codes seen for the first time."""
        new = [code for code in codes if code not in self._listed]
        for quote in await self._data.prices(new, priority=Priority.QUOTE) if new else []:
            if quote.market is not None:
                self._listed[quote.code] = Listed(
                    code=quote.code, name=quote.name or "", market=quote.market
                )

    async def _watch(self, codes: tuple[str, ...]) -> None:
        wanted = set(codes)
        for code in sorted(self._watched - wanted):
            await self._data.stream.unsubscribe(kis.Feed.TICKS, code)
        for code in codes:
            if code not in self._watched:
                await self._data.stream.subscribe(kis.Feed.TICKS, code)
        self._watched = wanted

    async def _check_conditions(self) -> None:
        titles = await self._data.condition_titles(priority=Priority.QUOTE)
        known = {title.seq: title.name for title in titles}
        for number in self._conditions.values():
            if number not in known:
                saved = ", ".join(f"{seq} {name}" for seq, name in known.items()) or "none"
                raise SettingsError(
                    f"no condition search (조건검색) number {number} is saved on the server; "
                    f"saved are: {saved}. Save it in HTS screen [0110], or set scalper.condition"
                )
