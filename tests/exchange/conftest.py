"""A small market, an exchange on it, and a plain client of KIS's protocol."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

import aiohttp
import pytest

from maemae.catalogue import Personality
from maemae.exchange.extremes import Spans, extremes_of
from maemae.exchange.hours import Hours
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import moment_at
from maemae.exchange.protocol.keys import Customer
from maemae.exchange.protocol.reply import Call
from maemae.exchange.replay import DayMarket
from maemae.exchange.scenario import default_scenario
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.kinds import Kind, Market

DAY = date(2024, 3, 5)


def listing(code: str, bar: tuple[int, int, int, int], volume: int, **given: Any) -> Listing:
    """Return an instrument: bar is (open, high, low, close), the base 10,000 unless given."""
    base = given.pop("base", 10_000)
    return Listing(
        code=code,
        name=given.pop("name", f"종목{code}"),
        market=given.pop("market", Market.KOSPI),
        kind=given.pop("kind", Kind.STOCK),
        base=base,
        lower=given.pop("lower", base * 7 // 10),
        upper=given.pop("upper", base * 13 // 10),
        open=bar[0],
        high=bar[1],
        low=bar[2],
        close=bar[3],
        volume=volume,
        **given,
    )


LISTINGS = [
    listing("000010", (10_100, 10_600, 9_900, 10_400), 3_000_000, sectors=("반도체",)),
    listing("000020", (9_900, 10_050, 9_500, 9_600), 800_000, market=Market.KOSDAQ),
    listing("000030", (13_000, 13_000, 13_000, 13_000), 500_000),
    listing("0004K0", (10_000, 10_010, 9_990, 10_000), 90),
    listing("000050", (10_000, 10_000, 10_000, 10_000), 0, halted=True),
]


class FixedSource:
    """The same instruments on every day."""

    def listings(self, day: date) -> list[Listing]:
        return LISTINGS

    def history(self, code: str, before: date) -> list[DayBar]:
        days = krx().sessions(before - timedelta(days=400), before - timedelta(days=1))
        return [DayBar(day, 10_000, 10_100, 9_900, 10_000, 1_000, 10_000_000) for day in days]

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        return {
            one.code: [extremes_of(self.history(one.code, before), day, before) for day in starts]
            for one in LISTINGS
        }


def hours(day: date = DAY) -> Hours:
    return Hours.of(krx().session(day))


@pytest.fixture(scope="session")
def market() -> DayMarket:
    return DayMarket(LISTINGS, hours(), seed=7)


def make_exchange(
    *, speed: float | None = None, at: str = "08:30", limits: bool = False, **given: Any
) -> Exchange:
    day = given.pop("day", DAY)
    start = moment_at(day, time.fromisoformat(at))
    clock = given.pop("clock", None) or Timekeeper(start, speed)
    scenario = given.pop("scenario", None) or default_scenario(7)
    return Exchange(
        given.pop("source", FixedSource()), krx(), day, scenario, seed=7, clock=clock,
        limits=limits, **given,
    )  # fmt: skip


class Client:
    """Calls an exchange in process, as a customer with a token."""

    def __init__(
        self, exchange: Exchange, personality: Personality = "real", *, faulty: bool = False
    ) -> None:
        self.exchange = exchange
        self.faulty = faulty
        self.personality: Personality = personality
        self.customer: Customer = next(
            one for one in exchange.customers.values() if one.personality == personality
        )
        self.account = {"CANO": self.customer.account[:8], "ACNT_PRDT_CD": "01"}
        self.tr_cont = ""
        self.status = 0
        body = self.raw(
            "POST", "/oauth2/tokenP", "",
            APPKEY=self.customer.app_key, APPSECRET=self.customer.app_secret,
        )  # fmt: skip
        self.token = body["access_token"]

    def raw(self, method: str, path: str, tr_id: str, tr_cont: str = "", **params: str) -> Any:
        headers = {
            "appkey": self.customer.app_key,
            "appsecret": self.customer.app_secret,
            "tr_id": tr_id,
            "tr_cont": tr_cont,
            "authorization": f"Bearer {getattr(self, 'token', '')}",
        }
        call = Call(self.personality, method, path, headers, params)
        if self.faulty:
            delivery = self.exchange.deliver(call)
            return json.loads(delivery.text or "{}")
        reply = self.exchange.answer(call)
        self.tr_cont, self.status = reply.tr_cont, reply.status
        return reply.body

    def tr(self, real: str) -> str:
        return real if self.personality == "real" else "V" + real[1:]

    def order(self, side: str, code: str, quantity: int, price: int = 0, kind: str = "") -> Any:
        return self.raw(
            "POST", "/uapi/domestic-stock/v1/trading/order-cash",
            self.tr("TTTC0012U" if side == "buy" else "TTTC0011U"),
            **self.account, PDNO=code, ORD_DVSN=kind or ("00" if price else "01"),
            ORD_QTY=str(quantity), ORD_UNPR=str(price),
        )  # fmt: skip

    def change(
        self, number: int, what: str, quantity: int = 0, price: int = 0, branch: str = ""
    ) -> Any:
        return self.raw(
            "POST", "/uapi/domestic-stock/v1/trading/order-rvsecncl", self.tr("TTTC0013U"),
            **self.account, KRX_FWDG_ORD_ORGNO=branch, ORGN_ODNO=str(number), ORD_DVSN="00",
            RVSE_CNCL_DVSN_CD=what, ORD_QTY=str(quantity), ORD_UNPR=str(price),
            QTY_ALL_ORD_YN="N" if quantity else "Y",
        )  # fmt: skip

    def balance(self, tr_cont: str = "", key: str = "") -> Any:
        return self.raw(
            "GET", "/uapi/domestic-stock/v1/trading/inquire-balance", self.tr("TTTC8434R"),
            tr_cont, **self.account, AFHR_FLPR_YN="N", OFL_YN="", INQR_DVSN="01", UNPR_DVSN="01",
            FUND_STTL_ICLD_YN="N", FNCG_AMT_AUTO_RDPT_YN="N", PRCS_DVSN="00", CTX_AREA_FK100="",
            CTX_AREA_NK100=key,
        )  # fmt: skip

    def executions(self, tr_cont: str = "", key: str = "", **given: str) -> Any:
        day = self.exchange.day.strftime("%Y%m%d")
        params = {
            "INQR_STRT_DT": day, "INQR_END_DT": day, "SLL_BUY_DVSN_CD": "00", "PDNO": "",
            "ORD_GNO_BRNO": "", "ODNO": "", "CCLD_DVSN": "00", "INQR_DVSN": "01",
            "INQR_DVSN_1": "", "INQR_DVSN_3": "00", "EXCG_ID_DVSN_CD": "KRX",
            "CTX_AREA_FK100": "", "CTX_AREA_NK100": key,
        } | given  # fmt: skip
        path = "/uapi/domestic-stock/v1/trading/inquire-daily-ccld"
        return self.raw("GET", path, self.tr("TTTC0081R"), tr_cont, **self.account, **params)

    def power(self, code: str, price: int = 0) -> Any:
        return self.raw(
            "GET", "/uapi/domestic-stock/v1/trading/inquire-psbl-order", self.tr("TTTC8908R"),
            **self.account, PDNO=code, ORD_UNPR=str(price), ORD_DVSN="00" if price else "01",
            CMA_EVLU_AMT_ICLD_YN="N", OVRS_ICLD_YN="N",
        )  # fmt: skip

    def quote(self, path: str, tr_id: str, **params: str) -> Any:
        return self.raw("GET", f"/uapi/domestic-stock/v1/quotations/{path}", tr_id, **params)


def pass_time(exchange: Exchange, clock_time: str) -> None:
    """Step through everything up to a time of the day."""
    until = moment_at(exchange.day, time.fromisoformat(clock_time))
    while exchange.clock.now() < until:
        exchange.step(until)


def listen(exchange: Exchange, *feeds: tuple[str, str]) -> list[str]:
    """Register for feeds, by transaction id and key; return the texts that come, as they do."""
    texts: list[str] = []
    client = Client(exchange)
    session = exchange.open_session("real", texts.append)
    key = client.raw(
        "POST", "/oauth2/Approval", "", APPKEY=client.customer.app_key,
        SECRETKEY=client.customer.app_secret,
    )["approval_key"]  # fmt: skip
    for feed, code in feeds:
        header = {"approval_key": key, "custtype": "P", "tr_type": "1", "content-type": "utf-8"}
        body = {"input": {"tr_id": feed, "tr_key": code}}
        exchange.receive(session, json.dumps({"header": header, "body": body}))
    return texts


def records(texts: list[str], feed: str) -> list[list[str]]:
    """Return the records of a feed's frames, each as its columns."""
    found = []
    for text in texts:
        if text.startswith(f"0|{feed}|"):
            _, _, count, body = text.split("|")
            fields = body.split("^")
            width = len(fields) // int(count)
            found += [fields[n * width : (n + 1) * width] for n in range(int(count))]
    return found


Serve = Callable[[Exchange], Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve exchanges on free ports; gives the server and an HTTP session."""
    servers: list[Server] = []
    sessions: list[aiohttp.ClientSession] = []

    async def start(exchange: Exchange) -> tuple[Server, aiohttp.ClientSession]:
        server = Server(exchange, {"real": 0, "virtual": 0})
        await server.start()
        session = aiohttp.ClientSession()
        servers.append(server)
        sessions.append(session)
        return server, session

    yield start
    for session in sessions:
        await session.close()
    for server in servers:
        await server.stop()
