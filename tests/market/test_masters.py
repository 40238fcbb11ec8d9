from datetime import date
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from maemae.errors import DataError, WireError
from maemae.i18n import set_language
from maemae.market.instruments import Instrument, MarketWarning
from maemae.market.kinds import Kind, Market
from maemae.market.masters import (
    encode_master,
    fetch_masters,
    file_name,
    load_masters,
    parse_master,
    save_masters,
    zip_master,
)
from maemae.market.sectors import KOSPI200_CODES, KRX_FIELDS

SAMSUNG = Instrument(
    "005930", "삼성전자", Market.KOSPI, standard_code="KR7005930003", base_price=63_400,
    listed_on=date(1975, 6, 11), shares=5_969_782_000, market_cap=378_484_200_000_000,
    krx_sectors=("반도체",), kospi200_sector="정보통신", industries=("0027", "0013"),
)  # fmt: skip
WIDTHS = {Market.KOSPI: 227, Market.KOSDAQ: 221, Market.KONEX: 184}

codes = st.from_regex(r"[0-9]{4}[0-9A-HJ-NP-TV-Z][0-9A-HJ-NP-TV-Z]", fullmatch=True)
names = st.text("가나다삼성전자힣ABCz019&", min_size=1, max_size=20)


industry = st.integers(1, 9_999).map("{:04d}".format)
KRX = tuple(KRX_FIELDS.values())


@st.composite
def instruments(draw: st.DrawFn, market: Market) -> Instrument:
    konex = market is Market.KONEX
    return Instrument(
        code=draw(codes),
        name=draw(names),
        market=market,
        kind=Kind.STOCK if konex else draw(st.sampled_from(Kind)),
        standard_code=draw(st.from_regex(r"KR7[0-9]{9}", fullmatch=True)),
        base_price=draw(st.integers(0, 999_999_999)),
        listed_on=draw(st.none() | st.dates(date(1956, 3, 3), date(2027, 12, 31))),
        shares=draw(st.integers(0, 10**8)) * 1_000,
        market_cap=draw(st.integers(0, 10**7)) * 10**8,
        preferred=draw(st.booleans()),
        spac=not konex and draw(st.booleans()),
        halted=draw(st.booleans()),
        managed=draw(st.booleans()),
        liquidation=draw(st.booleans()),
        overheated=not konex and draw(st.booleans()),
        warning=draw(st.sampled_from(MarketWarning)),
        krx_sectors=() if konex else tuple(name for name in KRX if draw(st.booleans())),
        kospi200_sector=draw(st.sampled_from(["", *KOSPI200_CODES.values()]))
        if market is Market.KOSPI
        else "",
        industries=() if konex else tuple(draw(st.lists(industry, max_size=3))),
    )


@given(st.data(), st.sampled_from(Market))
def test_what_is_written_is_read_back(data: st.DataObject, market: Market) -> None:
    written = data.draw(st.lists(instruments(market), min_size=1, max_size=5))
    content = encode_master(written, market)
    assert {len(line) for line in content.splitlines()} == {9 + 12 + 40 + WIDTHS[market]}
    assert parse_master(content, market) == written
    assert parse_master(zip_master(content, market), market) == written


def test_a_record_laid_out_by_hand() -> None:
    """Offsets counted from KIS's own layout, not from our table."""
    tail = bytearray(b"0" * 227)
    tail[0:2], tail[18:19], tail[41:50], tail[60:61] = b"ST", b"5", b"000063400", b"N"
    tail[3:11], tail[26:27], tail[25:26] = b"00270013", b"Y", b"N"
    tail[63:65], tail[105:113], tail[113:128] = b"02", b"19750611", b"000000005969782"
    tail[212:221] = b"003784842"
    line = b"005930   KR7005930003" + "삼성전자".encode("cp949").ljust(40) + bytes(tail) + b"\r\n"
    (found,) = parse_master(line, Market.KOSPI)
    assert found == Instrument(
        **{f: getattr(SAMSUNG, f) for f in SAMSUNG.__slots__} | {"warning": MarketWarning.ALERT}
    )


def test_an_instrument_is_in_all_of_its_sectors() -> None:
    assert SAMSUNG.sectors == {"반도체", "정보통신", "0027", "0013"}
    assert SAMSUNG.kospi200
    assert Instrument("035900", "JYP Ent.", Market.KOSDAQ).sectors == frozenset()


def test_a_sector_of_kospi_200_that_is_new_keeps_its_code() -> None:
    content = bytearray(encode_master([SAMSUNG], Market.KOSPI))
    content[61 + 18 : 61 + 19] = b"C"
    (found,) = parse_master(bytes(content), Market.KOSPI)
    assert (found.kospi200, found.kospi200_sector) == (True, "C")


def test_an_etn_is_ordered_with_its_q() -> None:
    etn = Instrument("500001", "신한 레버리지 ETN", Market.KOSPI, Kind.ETN)
    content = encode_master([etn], Market.KOSPI)
    assert content.startswith(b"Q500001")
    assert parse_master(content, Market.KOSPI) == [etn]
    assert etn.order_code == "Q500001"


def test_unlisted_funds_are_left_out() -> None:
    fund = encode_master([SAMSUNG], Market.KOSPI).replace(b"005930   ", b"F70100026", 1)
    both = fund + encode_master([SAMSUNG], Market.KOSPI)
    assert parse_master(both, Market.KOSPI) == [SAMSUNG]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content[:150], "line 1: 150 bytes"),
        (lambda content: content.replace(b"000063400", b"00006340x"), "stck_sdpr is '00006340x'"),
        (lambda content: content.replace(b"19750611", b"19751311"), "stck_lstn_date is '19751311'"),
        (lambda content: content.replace(b"\xbb\xef", b"\xff\xff"), "line 1: not cp949"),
        (lambda content: b"", "no instrument in it"),
        (lambda content: zip_master(content, Market.KOSPI)[:100], "damaged zip"),
    ],
)
def test_a_spoilt_file_is_named(spoil: object, message: str) -> None:
    assert callable(spoil)
    content = spoil(encode_master([SAMSUNG], Market.KOSPI))
    with pytest.raises(DataError, match=message) as raised:
        parse_master(content, Market.KOSPI, source="kospi_code.mst")
    assert "kospi_code.mst" in str(raised.value)


def test_a_folder_of_master_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="maemae instruments update"):
        load_masters(tmp_path)
    save_masters({Market.KOSPI: encode_master([SAMSUNG], Market.KOSPI)}, tmp_path)
    kosdaq = Instrument("035900", "JYP Ent.", Market.KOSDAQ)
    (tmp_path / file_name(Market.KOSDAQ)).write_bytes(encode_master([kosdaq], Market.KOSDAQ))
    assert list(load_masters(tmp_path)) == [SAMSUNG, kosdaq]


async def test_fetching_from_a_server() -> None:
    files = {
        f"{file_name(m)}.zip": zip_master(encode_master([Instrument("000010", "가", m)], m), m)
        for m in Market
    }

    async def serve(request: web.Request) -> web.Response:
        content = files.get(request.match_info["name"])
        return web.Response(body=content) if content else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/master/{name}", serve)
    async with TestServer(app) as server:
        fetched = await fetch_masters(str(server.make_url("/master/")))
        assert list(fetched) == list(Market)
        with pytest.raises(WireError, match="no master files are published there"):
            await fetch_masters(str(server.make_url("/elsewhere")))
        del files["konex_code.mst.zip"]
        assert list(await fetch_masters(str(server.make_url("/master")))) == [
            Market.KOSPI, Market.KOSDAQ,
        ]  # fmt: skip
        files["kosdaq_code.mst.zip"] = b"<html>maintenance</html>"
        with pytest.raises(DataError, match=r"kosdaq_code\.mst\.zip line 1"):
            await fetch_masters(str(server.make_url("/master")))


async def test_why_nothing_came_is_said_in_the_language_of_whoever_asked(
    unused_tcp_port: int,
) -> None:
    set_language("ko")
    with pytest.raises(WireError, match=r"없습니다: 연결이 거부되었습니다 \(ECONNREFUSED\)$"):
        await fetch_masters(f"http://127.0.0.1:{unused_tcp_port}")

    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=503)

    app = web.Application()
    app.router.add_get("/{name}", refuse)
    async with TestServer(app) as server:
        with pytest.raises(WireError, match=r"받을 수 없습니다: .+ \(HTTP 503\)$"):
            await fetch_masters(str(server.make_url("/")))
