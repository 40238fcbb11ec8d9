"""A buy and a sale through sockets, on both servers, in stepped time."""

import base64
import json
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from maemae.catalogue import Personality
from maemae.exchange.moment import MINUTE, datetime_of
from tests.exchange.conftest import DAY, Serve, make_exchange


def _decrypt(text: str, key: str, iv: str) -> str:
    decryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).decryptor()
    data = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    return data[: -data[-1]].decode()


async def _next(socket: aiohttp.ClientWebSocketResponse) -> str:
    return str((await socket.receive(timeout=10)).data)


@pytest.mark.parametrize(
    ("personality", "notice", "fields"), [("real", "H0STCNI0", 26), ("virtual", "H0STCNI9", 23)]
)
async def test_buy_and_sell_in_stepped_time(
    serve: Serve, personality: Personality, notice: str, fields: int
) -> None:
    exchange = make_exchange(at="09:30")
    server, http = await serve(exchange)
    url = server.urls[personality]
    letter = "T" if personality == "real" else "V"

    async def ask(method: str, path: str, tr_id: str = "", **values: Any) -> Any:
        headers = {"tr_id": tr_id} | keys
        kind = "params" if method == "GET" else "json"
        async with http.request(method, url + path, headers=headers, **{kind: values}) as reply:
            return await reply.json()

    keys: dict[str, str] = {}
    listed = await ask("GET", "/control/accounts")
    me = next(one for one in listed if one["personality"] == personality)
    body = {"grant_type": "client_credentials", "appkey": me["app_key"]}
    token = await ask("POST", "/oauth2/tokenP", **body, appsecret=me["app_secret"])
    assert token["token_type"] == "Bearer"
    approval = await ask("POST", "/oauth2/Approval", **body, secretkey=me["app_secret"])
    keys = {
        "appkey": me["app_key"],
        "appsecret": me["app_secret"],
        "authorization": f"Bearer {token['access_token']}",
    }
    async with http.ws_connect(f"{url}/tryitout") as socket:
        for tr_id, tr_key in ((notice, me["hts_id"]), ("H0STCNT0", "000010")):
            await socket.send_str(
                json.dumps(
                    {
                        "header": {
                            "approval_key": approval["approval_key"],
                            "custtype": "P",
                            "tr_type": "1",
                            "content-type": "utf-8",
                        },
                        "body": {"input": {"tr_id": tr_id, "tr_key": tr_key}},
                    }
                )
            )
        ack = json.loads(await _next(socket))
        assert ack["body"]["msg_cd"] == "OPSP0000"
        assert ack["header"]["encrypt"] == "Y"
        cipher = ack["body"]["output"]
        assert json.loads(await _next(socket))["header"]["tr_key"] == "000010"

        order = {"CANO": me["account"][:8], "ACNT_PRDT_CD": "01", "PDNO": "000010"}
        order |= {"ORD_DVSN": "01", "ORD_UNPR": "0", "ORD_QTY": "10"}
        path = "/uapi/domestic-stock/v1/trading/order-cash"
        sent = await ask("POST", path, f"{letter}TTC0012U", **order)
        assert sent["rt_cd"] == "0"
        until = datetime_of(exchange.venue.now + MINUTE).isoformat()
        seen = []
        while len(seen) < 2:
            await ask("POST", "/control/step", until=until)
            while exchange.frames > 2 + len(seen):
                frame = await _next(socket)
                if frame.startswith("1|"):
                    seen.append(_decrypt(frame.split("|")[3], cipher["key"], cipher["iv"]))
                else:
                    assert frame.startswith("0|H0STCNT0|001|000010^")
                    break
        accepted, filled = (one.split("^") for one in seen)
        assert len(accepted) == len(filled) == fields
        number = int(sent["output"]["ODNO"])
        assert int(accepted[2]) == int(filled[2]) == number
        assert (accepted[6], accepted[13], filled[6], filled[13]) == ("01", "1", "00", "2")
        assert int(filled[9]) == 10

        sent = await ask("POST", path, f"{letter}TTC0011U", **order)
        assert sent["rt_cd"] == "0"
        await ask("POST", "/control/step", until=until)
    books = await ask("GET", "/control/books", account=me["account"])
    assert [one["status"] for one in books["orders"]] == ["filled", "filled"]
    bought, sold = (10 * fill["price"] for fill in books["fills"])
    assert books["cash"] == 10_000_000 - bought + sold - books["fees"] - books["taxes"]
    assert books["positions"] == {}
    clock = await ask("GET", "/control/clock")
    assert clock["day"] == DAY.isoformat()
    assert clock["speed"] == "step"
