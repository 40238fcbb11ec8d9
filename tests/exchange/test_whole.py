"""A buy and a sale through sockets, on both servers, in stepped time."""

import pytest
from tests.exchange.conftest import DAY, Serve, make_exchange
from tests.exchange.wire import Wire

from maemae.catalogue import Personality
from maemae.exchange.moment import MINUTE, datetime_of


@pytest.mark.parametrize(
    ("personality", "notice", "fields"), [("real", "H0STCNI0", 26), ("virtual", "H0STCNI9", 23)]
)
async def test_buy_and_sell_in_stepped_time(
    serve: Serve, personality: Personality, notice: str, fields: int
) -> None:
    exchange = make_exchange(at="09:30")
    server, http = await serve(exchange)
    wire = Wire(http, server.urls[personality], personality)
    await wire.log_in()
    async with http.ws_connect(f"{wire.url}/tryitout") as socket:
        ack = await wire.register(socket, notice, wire.me["hts_id"])
        assert (ack["body"]["msg_cd"], ack["header"]["encrypt"]) == ("OPSP0000", "Y")
        ack = await wire.register(socket, "H0STCNT0", "000010")
        assert ack["header"]["tr_key"] == "000010"
        sent = await wire.order("buy", "01", 10)
        until = datetime_of(exchange.venue.now + MINUTE).isoformat()
        notices: list[list[str]] = []
        while len(notices) < 2:
            told, frames = await wire.step(socket, until)
            notices += told
            assert all(frame.startswith("0|H0STCNT0|001|000010^") for frame in frames)
        accepted, filled = notices
        assert len(accepted) == len(filled) == fields
        assert int(accepted[2]) == int(filled[2]) == int(sent["output"]["ODNO"])
        assert (accepted[6], accepted[13], filled[6], filled[13]) == ("01", "1", "00", "2")
        assert int(filled[9]) == 10
        assert (await wire.order("sell", "01", 10))["rt_cd"] == "0"
        await wire.ask("POST", "/control/step", until=until)
    books = await wire.ask("GET", "/control/books", account=wire.me["account"])
    assert [one["status"] for one in books["orders"]] == ["filled", "filled"]
    bought, sold = (10 * fill["price"] for fill in books["fills"])
    assert books["cash"] == 10_000_000 - bought + sold - books["fees"] - books["taxes"]
    assert books["positions"] == {}
    clock = await wire.ask("GET", "/control/clock")
    assert (clock["day"], clock["speed"]) == (DAY.isoformat(), "step")
