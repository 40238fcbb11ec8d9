"""Sending orders, amendments and cancellations: each exactly once, with one of three outcomes."""

from collections.abc import Callable
from datetime import timedelta

from maemae import catalogue
from maemae.catalogue import CodeKind, RestEndpoint
from maemae.errors import KisRefused, KisUnavailable, KisUnreadable, KisUnsent
from maemae.i18n import _
from maemae.kis import values
from maemae.kis.advice import advice
from maemae.kis.caller import Caller
from maemae.kis.outcomes import Accepted, OrderRequest, Outcome, Refused, Unknown
from maemae.kis.priority import Priority
from maemae.kis.refusals import refusal_kind
from maemae.kis.reply import Reply, rows
from maemae.market.kinds import Side
from maemae.market.phases import Venue
from maemae.market.refusals import RefusalKind

_DOUBTFUL = (CodeKind.TEMPORARY, CodeKind.OUTCOME_UNKNOWN)
_HTTP_OK = 200


class Orders:
    """The orders of one account.

    Args:
        caller: the way to the broker.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._account = {
            "CANO": caller.credentials.cano,
            "ACNT_PRDT_CD": caller.credentials.product,
        }

    async def order(
        self,
        request: OrderRequest,
        priority: Priority | None = None,
        goes: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """Send an order once. By default a sale goes before a purchase in the queue.

        `goes` is asked in the last moment, after all waiting, whether it is still wanted.
        """
        selling = request.side is Side.SELL
        params = self._account | {
            "PDNO": request.code,
            "ORD_DVSN": request.kind,
            "ORD_QTY": str(request.quantity),
            "ORD_UNPR": str(request.price or 0),
            "EXCG_ID_DVSN_CD": request.exchange,
            "SLL_TYPE": "01" if selling else "",
            "CNDT_PRIC": str(request.trigger_price or ""),
        }
        if priority is None:
            priority = Priority.EXIT if selling else Priority.ENTRY
        endpoint = catalogue.rest("domestic_stock.order_cash")
        choice = {"ord_dv": request.side.value}
        return await self._tell(endpoint, params, priority, choice, goes)

    async def amend(
        self,
        order_no: int,
        org_no: str,
        *,
        price: int | None,
        quantity: int | None = None,
        kind: str = "00",
        exchange: Venue = Venue.KRX,
        priority: Priority = Priority.EXIT,
        goes: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """Change the price or kind of an order once; it gets a new number.

        Args:
            order_no: the order.
            org_no: the organisation number that came with its acceptance.
            price: the new price in won, None for kinds without one.
            quantity: how many shares of it, None for all that is left.
            kind: the new ORD_DVSN.
            exchange: where the order is.
            priority: rank in the request budget.
            goes: asked in the last moment whether it is still wanted.
        """
        params = {"RVSE_CNCL_DVSN_CD": "01", "ORD_DVSN": kind, "ORD_UNPR": str(price or 0)}
        params |= _which(order_no, org_no, quantity, exchange)
        return await self._change(params, priority, goes)

    async def cancel(
        self,
        order_no: int,
        org_no: str,
        *,
        quantity: int | None = None,
        kind: str = "00",
        exchange: Venue = Venue.KRX,
        priority: Priority = Priority.EXIT,
    ) -> Outcome:
        """Cancel an order of a kind, or a part of it, once; the cancellation has its own number."""
        params = {"RVSE_CNCL_DVSN_CD": "02", "ORD_DVSN": kind, "ORD_UNPR": "0"}
        return await self._change(params | _which(order_no, org_no, quantity, exchange), priority)

    async def _change(
        self, params: dict[str, str], priority: Priority, goes: Callable[[], bool] = lambda: True
    ) -> Outcome:
        endpoint = catalogue.rest("domestic_stock.order_rvsecncl")
        return await self._tell(endpoint, self._account | params, priority, {}, goes)

    async def _tell(
        self,
        endpoint: RestEndpoint,
        params: dict[str, str],
        priority: Priority,
        choice: dict[str, str],
        goes: Callable[[], bool],
    ) -> Outcome:
        tell = self._caller.tell
        try:
            reply = await tell(endpoint, params, choice=choice, priority=priority, goes=goes)
        except KisUnsent as error:
            return Refused("", str(error), sent=False, refusal=RefusalKind.UNSENT)
        except KisRefused as error:
            return Refused(error.code, str(error), advice=error.advice, sent=False)
        except (KisUnavailable, KisUnreadable) as error:
            return Unknown(str(error))
        return self.judge(reply)

    def judge(self, reply: Reply) -> Outcome:
        """Tell the outcome from an answer; what is not clearly yes or no is unknown."""
        if reply.succeeded:
            return self._accepted(reply)
        known = catalogue.code(reply.code)
        if known and known.kind is not CodeKind.SUCCESS and known.kind not in _DOUBTFUL:
            return Refused(
                reply.code,
                reply.reason,
                known.kind,
                known.meaning,
                advice(known.kind),
                refusal=refusal_kind(reply.code),
            )
        if reply.status == _HTTP_OK and known is None and reply.body.get("rt_cd") and reply.code:
            return Refused(reply.code, reply.reason)
        return Unknown(f"HTTP {reply.status} {reply.code} {reply.reason}".rstrip())

    def _accepted(self, reply: Reply) -> Accepted | Unknown:
        found = rows(reply, "output", "output1")
        now = self._caller.clock.now()
        try:
            number = values.order_number(found[0].get("odno")) if found else None
            told = values.text(found[0].get("ord_tmd")) if found else None
            at = values.moment(now.date(), told) if told else now
        except ValueError as error:
            return Unknown(_("accepted, but {error}").format(error=error))
        if number is None:
            return Unknown(_("accepted, but without an order number"))
        if at - now > timedelta(hours=12):
            at -= timedelta(days=1)
        return Accepted(number, values.text(found[0].get("krx_fwdg_ord_orgno")) or "", at)


def _which(order_no: int, org_no: str, quantity: int | None, exchange: Venue) -> dict[str, str]:
    return {
        "KRX_FWDG_ORD_ORGNO": org_no,
        "ORGN_ODNO": f"{order_no:010d}",
        "ORD_QTY": str(quantity or 0),
        "QTY_ALL_ORD_YN": "Y" if quantity is None else "N",
        "EXCG_ID_DVSN_CD": exchange,
    }
