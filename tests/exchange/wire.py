"""A plain client through sockets: HTTP calls with keys, a WebSocket, notices decrypted."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from maemae.catalogue import Personality

ORDER = "/uapi/domestic-stock/v1/trading/order-cash"
CHANGE = "/uapi/domestic-stock/v1/trading/order-rvsecncl"


def decrypt(text: str, key: str, iv: str) -> str:
    decryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).decryptor()
    data = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    return data[: -data[-1]].decode()


@dataclass
class Wire:
    """A client of one server, in stepped time."""

    http: aiohttp.ClientSession
    url: str
    personality: Personality
    me: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    cipher: dict[str, str] = field(default_factory=dict)
    received: int = 0
    approval: str = ""

    async def ask(self, method: str, path: str, tr_id: str = "", **values: Any) -> Any:
        headers = {"tr_id": tr_id} | self.keys
        given: dict[str, Any] = {"params" if method == "GET" else "json": values}
        url = self.url + path
        async with self.http.request(method, url, headers=headers, **given) as reply:
            return await reply.json()

    async def log_in(self) -> None:
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
        self.approval = str(approval["approval_key"])

    def tr(self, real: str) -> str:
        return real if self.personality == "real" else "V" + real[1:]

    async def next(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        self.received += 1
        return str((await socket.receive(timeout=10)).data)

    async def register(
        self, socket: aiohttp.ClientWebSocketResponse, tr_id: str, key: str
    ) -> dict[str, Any]:
        header = {"approval_key": self.approval, "custtype": "P", "tr_type": "1"}
        body = {"input": {"tr_id": tr_id, "tr_key": key}}
        await socket.send_str(json.dumps({"header": header, "body": body}))
        ack: dict[str, Any] = json.loads(await self.next(socket))
        if ack["header"]["encrypt"] == "Y":
            self.cipher = ack["body"]["output"]
        return ack

    async def step(
        self, socket: aiohttp.ClientWebSocketResponse, until: str
    ) -> tuple[list[list[str]], list[str]]:
        """Step to a time or to the first messages; return notices and market frames."""
        stepped = await self.ask("POST", "/control/step", until=until)
        notices, frames = [], []
        while self.received < stepped["frames"]:
            frame = await self.next(socket)
            if frame.startswith("1|"):
                text = decrypt(frame.split("|")[3], self.cipher["key"], self.cipher["iv"])
                notices.append(text.split("^"))
            else:
                frames.append(frame)
        return notices, frames

    async def run(
        self, socket: aiohttp.ClientWebSocketResponse, until: str
    ) -> tuple[list[list[str]], list[str]]:
        """Step up to a time; return all notices and market frames on the way."""
        notices, frames = [], []
        while (await self.ask("GET", "/control/clock"))["now"] < until:
            more = await self.step(socket, until)
            notices += more[0]
            frames += more[1]
        return notices, frames

    async def order(self, side: str, kind: str, quantity: int, price: int = 0, **more: Any) -> Any:
        """Order shares of 000010 or of `PDNO`."""
        order = {"CANO": self.me["account"][:8], "ACNT_PRDT_CD": "01", "PDNO": "000010"}
        order |= {"ORD_DVSN": kind, "ORD_UNPR": str(price), "ORD_QTY": str(quantity)} | more
        tr_id = self.tr("TTTC0012U" if side == "buy" else "TTTC0011U")
        return await self.ask("POST", ORDER, tr_id, **order)

    async def change(self, number: str, what: str, kind: str, price: int = 0) -> Any:
        """Amend (01) or cancel (02) the whole of an order."""
        change = {"CANO": self.me["account"][:8], "ACNT_PRDT_CD": "01", "ORGN_ODNO": number}
        change |= {"KRX_FWDG_ORD_ORGNO": "", "ORD_DVSN": kind, "RVSE_CNCL_DVSN_CD": what}
        change |= {"ORD_QTY": "0", "ORD_UNPR": str(price), "QTY_ALL_ORD_YN": "Y"}
        return await self.ask("POST", CHANGE, self.tr("TTTC0013U"), **change)

    async def executions(self, day: str, **given: str) -> Any:
        """List the orders of a day, the newest first."""
        params = {"CANO": self.me["account"][:8], "ACNT_PRDT_CD": "01"} | {
            "INQR_STRT_DT": day, "INQR_END_DT": day, "SLL_BUY_DVSN_CD": "00", "PDNO": "",
            "ORD_GNO_BRNO": "", "ODNO": "", "CCLD_DVSN": "00", "INQR_DVSN": "00",
            "INQR_DVSN_1": "", "INQR_DVSN_3": "00", "EXCG_ID_DVSN_CD": "ALL",
            "CTX_AREA_FK100": "", "CTX_AREA_NK100": "",
        } | given  # fmt: skip
        path = "/uapi/domestic-stock/v1/trading/inquire-daily-ccld"
        return await self.ask("GET", path, self.tr("TTTC0081R"), **params)
