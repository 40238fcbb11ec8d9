"""Asking about prices: condition searches, current prices, order books."""

from collections.abc import Sequence
from typing import Any

from maemae import catalogue
from maemae.catalogue import CodeKind
from maemae.errors import KisRefused
from maemae.kis.abreast import abreast
from maemae.kis.caller import Reader
from maemae.kis.priority import Priority
from maemae.kis.records import ConditionHit, ConditionTitle, Level, OrderBook, Quote, Trade
from maemae.kis.reply import Row, each, rows
from maemae.market.kinds import Market

SEARCH_ROWS = 100
"""Stocks of a condition search that the broker shows at most: nothing says that there are more."""

PER_CALL = 30
"""Stocks of a multi-quote (관심종목 복수시세) at most."""

_INDEX_WIDTH = 4
_LEVELS = range(1, 11)


class Quotes:
    """Questions about prices.

    Args:
        caller: the way to the broker.
    """

    def __init__(self, caller: Reader) -> None:
        self._caller = caller

    async def condition_titles(
        self, *, priority: Priority = Priority.QUOTE
    ) -> list[ConditionTitle]:
        """Ask for the condition searches that the owner saved; real server only."""
        where = "domestic_stock.psearch_title"
        params = {"user_id": self._caller.credentials.hts_id}
        reply = await self._caller.ask(catalogue.rest(where), params, priority=priority)
        return [read_title(row) for row in each(where, rows(reply, "output2", "output"))]

    async def condition_result(
        self, seq: int, *, priority: Priority = Priority.QUOTE
    ) -> list[ConditionHit]:
        """Ask which stocks satisfy a saved condition now, at most `SEARCH_ROWS`; real server only.

        No match is an error for the broker (MCA05918) and an empty list here.
        """
        where = "domestic_stock.psearch_result"
        params = {"user_id": self._caller.credentials.hts_id, "seq": str(seq)}
        try:
            reply = await self._caller.ask(catalogue.rest(where), params, priority=priority)
        except KisRefused as error:
            known = catalogue.code(error.code)
            if known and known.kind is CodeKind.EMPTY_SEARCH:
                return []
            raise
        return [read_hit(row) for row in each(where, rows(reply, "output2", "output"))]

    async def price(self, code: str, *, priority: Priority = Priority.QUOTE) -> Quote:
        """Ask for the current price of one stock."""
        where = "domestic_stock.inquire_price"
        params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": code}
        reply = await self._caller.ask(catalogue.rest(where), params, priority=priority)
        found = rows(reply, "output")
        return read_quote(Row(where, found[0] if found else {}))

    async def prices(
        self, codes: Sequence[str], *, priority: Priority = Priority.QUOTE
    ) -> list[Quote]:
        """Ask for the current prices of many stocks, 30 a call; real server only."""
        where = "domestic_stock.intstock_multprice"

        async def some(start: int) -> list[Quote]:
            params: dict[str, str] = {}
            for number, code in enumerate(codes[start : start + PER_CALL], start=1):
                params[f"FID_COND_MRKT_DIV_CODE_{number}"] = "J"
                params[f"FID_INPUT_ISCD_{number}"] = code
            reply = await self._caller.ask(catalogue.rest(where), params, priority=priority)
            return read_multis(where, rows(reply, "output", "output1"))

        starts = range(0, len(codes), PER_CALL)
        found = await abreast(starts, some, self._caller.server.limits.at_once)
        return [quote for quotes in found for quote in quotes]

    async def order_book(self, code: str, *, priority: Priority = Priority.QUOTE) -> OrderBook:
        """Ask for the order book of one stock."""
        where = "domestic_stock.inquire_asking_price_exp_ccn"
        params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": code}
        reply = await self._caller.ask(catalogue.rest(where), params, priority=priority)
        book = Row(where, next(iter(rows(reply, "output1")), {}))
        expected = Row(where, next(iter(rows(reply, "output2")), {}))
        return read_book(book, expected)

    async def trades(self, code: str, *, priority: Priority = Priority.QUOTE) -> list[Trade]:
        """Ask for the latest thirty trades of one stock today, newest first."""
        where = "domestic_stock.inquire_ccnl"
        params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": code}
        reply = await self._caller.ask(catalogue.rest(where), params, priority=priority)
        today = self._caller.clock.now().date()
        return [
            Trade(
                at=row.moment_of(today, "stck_cntg_hour"),
                price=price,
                quantity=row.won("cntg_vol"),
            )
            for row in each(where, rows(reply, "output"))
            if (price := row.price("stck_prpr")) is not None
        ]


def _levels(row: Row, name: str) -> tuple[Level, ...]:
    found = [Level(row.won(f"{name}{n}"), row.won(f"{name}_rsqn{n}")) for n in _LEVELS]
    return tuple(level for level in found if level.price)


def read_book(book: Row, expected: Row) -> OrderBook:
    """Read the two parts of `inquire_asking_price_exp_ccn`."""
    return OrderBook(
        code=expected.code("stck_shrn_iscd"),
        asks=_levels(book, "askp"),
        bids=_levels(book, "bidp"),
        expected_price=expected.maybe_won("antc_cnpr"),
        expected_quantity=expected.maybe_won("antc_vol"),
        vi=expected.maybe_text("vi_cls_code") == "Y",
    )


def read_title(row: Row) -> ConditionTitle:
    """Read a saved condition search."""
    return ConditionTitle(
        seq=row.won("seq"),
        group=row.maybe_text("grp_nm") or "",
        name=row.maybe_text("condition_nm") or "",
    )


def read_hit(row: Row) -> ConditionHit:
    """Read one stock of a condition search; its numbers are padded to 16 places."""
    return ConditionHit(
        code=row.code("code"),
        name=row.maybe_text("name") or "",
        price=row.maybe_price("price"),
        change_rate=row.maybe_number("chgrate"),
        volume=row.maybe_won("acml_vol"),
        strength=row.maybe_number("cttr"),
    )


def read_quote(row: Row) -> Quote:
    """Read the answer of `inquire_price`."""
    return Quote(
        code=row.code("stck_shrn_iscd"),
        price=row.price("stck_prpr"),
        name=row.maybe_text("hts_kor_isnm"),
        open=row.maybe_price("stck_oprc"),
        high=row.maybe_price("stck_hgpr"),
        low=row.maybe_price("stck_lwpr"),
        base=row.maybe_price("stck_sdpr"),
        upper=row.maybe_price("stck_mxpr"),
        lower=row.maybe_price("stck_llam"),
        volume=row.maybe_won("acml_vol"),
        value=row.maybe_won("acml_tr_pbmn"),
        change_rate=row.maybe_number("prdy_ctrt"),
    )


_MARKETS = {"거래소": Market.KOSPI, "코스닥": Market.KOSDAQ, "코넥스": Market.KONEX}


def read_multis(where: str, found: list[dict[str, Any]]) -> list[Quote]:
    """Read the rows of `intstock_multprice`; indices (four digits) have no price in won."""
    stocks = [row for row in found if len(str(row.get("inter_shrn_iscd")).strip()) != _INDEX_WIDTH]
    return [_read_multi(row) for row in each(where, stocks)]


def _read_multi(row: Row) -> Quote:
    return Quote(
        code=row.code("inter_shrn_iscd"),
        price=row.price("inter2_prpr"),
        name=row.maybe_text("inter_kor_isnm"),
        open=row.maybe_price("inter2_oprc"),
        high=row.maybe_price("inter2_hgpr"),
        low=row.maybe_price("inter2_lwpr"),
        base=row.maybe_price("inter2_sdpr"),
        upper=row.maybe_price("inter2_mxpr"),
        lower=row.maybe_price("inter2_llam"),
        ask=row.maybe_won("inter2_askp"),
        bid=row.maybe_won("inter2_bidp"),
        volume=row.maybe_won("acml_vol"),
        value=row.maybe_won("acml_tr_pbmn"),
        change_rate=row.maybe_number("prdy_ctrt"),
        market=_MARKETS.get(row.maybe_text("kospi_kosdaq_cls_name") or ""),
    )
