"""A buy and a sale through sockets, on both servers, in stepped time."""

import base64
import json
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tests.exchange.conftest import DAY, Serve, make_exchange

from maemae.catalogue import Personality
from maemae.exchange.moment import MINUTE, datetime_of


def _decrypt(text: str, key: str, iv: str) -> str:
    decryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).decryptor()
    data = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    return data[: -data[-1]].decode()


class Wire:
    """A plain client: HTTP calls with keys, a socket, notices decrypted."""

    def __init__(self, http: aiohttp.ClientSession, url: str, personality: Personality) -> None:
        self.http, self.url, self.personality = http, url, personality
        self.me: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.received = 0

    async def ask(self, method: str, path: str, tr_id: str = "", **values: Any) -> Any:
        headers = {"tr_id": tr_id} | self.keys
        kind = "params" if method == "GET" else "json"
        url = self.url + path
        async with self.http.request(method, url, headers=headers, **{kind: values}) as reply:
            return await reply.json()

    async def log_in(self) -> str:
        listed = await self.ask("GET", "/control/accounts")
        self.me = next(one for one in listed if one["personality"] == self.personality)
        body = {"grant_type": "client_credentials", "appkey": self.me["app_key"]}
        secret = self.me["app_secret"]
        token = await self.ask("POST", "/oauth2/tokenP", **body, appsecret=secret)
        approval = await self.ask("POST", "/oauth2/Approval", **body, secretkey=secret)
        self.keys = {
            "appkey": self.me["app_key"],
            "appsecret": secret,
            "authorization": f"{token['token_type']} {token['access_token']}",
        }
        return str(approval["approval_key"])

    async def next(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        self.received += 1
        return str((await socket.receive(timeout=10)).data)

    async def market_order(self, side: str) -> Any:
        letter = "T" if self.personality == "real" else "V"
        tr_id = f"{letter}TTC001{'2' if side == 'buy' else '1'}U"
        order = {"CANO": self.me["account"][:8], "ACNT_PRDT_CD": "01", "PDNO": "000010"}
        order |= {"ORD_DVSN": "01", "ORD_UNPR": "0", "ORD_QTY": "10"}
        path = "/uapi/domestic-stock/v1/trading/order-cash"
        return await self.ask("POST", path, tr_id, **order)


def _registration(approval: str, tr_id: str, key: str) -> str:
    header = {"approval_key": approval, "custtype": "P", "tr_type": "1", "content-type": "utf-8"}
    return json.dumps({"header": header, "body": {"input": {"tr_id": tr_id, "tr_key": key}}})


@pytest.mark.parametrize(
    ("personality", "notice", "fields"), [("real", "H0STCNI0", 26), ("virtual", "H0STCNI9", 23)]
)
async def test_buy_and_sell_in_stepped_time(
    serve: Serve, personality: Personality, notice: str, fields: int
) -> None:
    exchange = make_exchange(at="09:30")
    server, http = await serve(exchange)
    wire = Wire(http, server.urls[personality], personality)
    approval = await wire.log_in()
    async with http.ws_connect(f"{wire.url}/tryitout") as socket:
        await socket.send_str(_registration(approval, notice, wire.me["hts_id"]))
        await socket.send_str(_registration(approval, "H0STCNT0", "000010"))
        ack = json.loads(await wire.next(socket))
        assert (ack["body"]["msg_cd"], ack["header"]["encrypt"]) == ("OPSP0000", "Y")
        cipher = ack["body"]["output"]
        assert json.loads(await wire.next(socket))["header"]["tr_key"] == "000010"
        sent = await wire.market_order("buy")
        until = datetime_of(exchange.venue.now + MINUTE).isoformat()
        notices: list[list[str]] = []
        while len(notices) < 2:
            stepped = await wire.ask("POST", "/control/step", until=until)
            while wire.received < stepped["frames"]:
                frame = await wire.next(socket)
                if frame.startswith("1|"):
                    text = _decrypt(frame.split("|")[3], cipher["key"], cipher["iv"])
                    notices.append(text.split("^"))
                else:
                    assert frame.startswith("0|H0STCNT0|001|000010^")
        accepted, filled = notices
        assert len(accepted) == len(filled) == fields
        assert int(accepted[2]) == int(filled[2]) == int(sent["output"]["ODNO"])
        assert (accepted[6], accepted[13], filled[6], filled[13]) == ("01", "1", "00", "2")
        assert int(filled[9]) == 10
        assert (await wire.market_order("sell"))["rt_cd"] == "0"
        await wire.ask("POST", "/control/step", until=until)
    books = await wire.ask("GET", "/control/books", account=wire.me["account"])
    assert [one["status"] for one in books["orders"]] == ["filled", "filled"]
    bought, sold = (10 * fill["price"] for fill in books["fills"])
    assert books["cash"] == 10_000_000 - bought + sold - books["fees"] - books["taxes"]
    assert books["positions"] == {}
    clock = await wire.ask("GET", "/control/clock")
    assert (clock["day"], clock["speed"]) == (DAY.isoformat(), "step")
