"""KIS's stock master files (종목마스터): reading, writing and fetching them.

Each market has one file of fixed-width records in cp949, one a line: short code (9 bytes),
standard code (12), Korean name (40), then a tail of ASCII fields whose names and widths stand in
`data/kis_master.toml`. The published files are zipped.
"""

import io
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from importlib import resources
from pathlib import Path

import aiohttp

from maemae.causes import cause
from maemae.errors import DataError, WireError
from maemae.i18n import _
from maemae.market.instruments import Instrument, Instruments, MarketWarning
from maemae.market.kinds import Kind, Market
from maemae.market.sectors import INDUSTRY_FIELDS, KOSPI200_CODES, KRX_FIELDS
from maemae.reading import LISTS, read_bytes, unzipped
from maemae.zones import KST

DOWNLOAD_URL = "https://new.real.download.dws.co.kr/common/master"
"""Where KIS publishes the files."""

_CODE, _STANDARD, _NAME = 9, 12, 40
_HEAD = _CODE + _STANDARD + _NAME
_ENCODING = "cp949"
_THOUSAND, _HUNDRED_MILLION = 1_000, 100_000_000
_PLAIN_CODE = 6
_KOSPI200_CODE_OF = {name: code for code, name in KOSPI200_CODES.items()}
_ETN_PRODUCTS = ("3", "4")

_GROUPS = {
    "ST": Kind.STOCK, "FS": Kind.STOCK, "KN": Kind.STOCK, "DR": Kind.DR, "EW": Kind.ELW,
    "EF": Kind.ETF, "FE": Kind.ETF, "EN": Kind.ETN, "RT": Kind.REIT, "SW": Kind.RIGHT,
    "SR": Kind.RIGHT, "MF": Kind.FUND, "SC": Kind.FUND, "IF": Kind.FUND, "BC": Kind.FUND,
}  # fmt: skip
"""증권그룹구분코드."""
_GROUP_OF = {
    Kind.STOCK: "ST", Kind.ETF: "EF", Kind.ETN: "EN", Kind.ELW: "EW", Kind.REIT: "RT",
    Kind.FUND: "BC", Kind.DR: "DR", Kind.RIGHT: "SW", Kind.OTHER: "ZZ",
}  # fmt: skip


def file_name(market: Market) -> str:
    """Return the name of a market's master file, without `.zip`."""
    return f"{market.value.lower()}_code.mst"


def parse_master(
    content: bytes, market: Market, *, source: str = "master file"
) -> list[Instrument]:
    """Read the instruments of a master file (the text or the zip around it).

    Records of unlisted funds, whose codes are longer than an order can carry, are left out.

    Raises:
        DataError: a record is too short, not cp949, or a field is not what it should be; the
            message names file, line and field.
    """
    found = []
    for number, line in enumerate(_unzipped(content, source).splitlines(), start=1):
        if line.strip():
            instrument = _parse_line(line, market, f"{source} line {number}")
            if instrument is not None:
                found.append(instrument)
    if not found:
        raise DataError(
            _("{source}: no instrument in it; is it the {market} master file?").format(
                source=source, market=market
            )
        )
    return found


def encode_master(instruments: Iterable[Instrument], market: Market) -> bytes:
    """Write the instruments of one market as the text of a master file (not zipped)."""
    lines = [_encode_line(i) for i in instruments if i.market is market]
    return b"".join(line + b"\n" for line in lines)


def zip_master(content: bytes, market: Market) -> bytes:
    """Zip the text of a master file as it is published."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(file_name(market), content)
    return buffer.getvalue()


async def fetch_masters(base_url: str, *, seconds: float = 60) -> dict[Market, bytes]:
    """Fetch the zipped master files of the markets from an address and check that they parse.

    A market whose file is not published there (404) is left out of the answer. Each file may
    take so many seconds.

    Raises:
        WireError: a file could not be fetched, or none is published there.
        DataError: what came is no master file.
    """
    files = {}
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for market in Market:
            url = f"{base_url.rstrip('/')}/{file_name(market)}.zip"
            try:
                async with session.get(url) as reply:
                    if reply.status == HTTPStatus.NOT_FOUND:
                        continue
                    reply.raise_for_status()
                    files[market] = await reply.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise WireError(
                    _("{url} could not be fetched: {why}").format(url=url, why=cause(error))
                ) from error
            parse_master(files[market], market, source=url)
    if not files:
        raise WireError(
            _("{base_url}: no master files are published there; is the address right?").format(
                base_url=base_url
            )
        )
    return files


def save_masters(files: Mapping[Market, bytes], folder: Path) -> None:
    """Put fetched master files into a folder, each replaced as a whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for market, content in files.items():
        target = folder / f"{file_name(market)}.zip"
        fresh = target.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(target)


def read_masters(files: Mapping[Market, bytes], *, source: str) -> Instruments:
    """Return the instruments of fetched master files; `source` is named in errors."""
    return Instruments(
        instrument
        for market, content in files.items()
        for instrument in parse_master(content, market, source=f"{source}/{file_name(market)}")
    )


def load_masters(folder: Path) -> Instruments:
    """Read the master files of a folder (`kospi_code.mst`, zipped or not; KONEX may be absent).

    Raises:
        DataError: there is none, or one cannot be read.
    """
    found: list[Instrument] = []
    for market in Market:
        for path in (folder / f"{file_name(market)}.zip", folder / file_name(market)):
            if path.is_file():
                content = read_bytes(path, LISTS)
                found.extend(parse_master(content, market, source=str(path)))
                break
    if not found:
        raise DataError(
            _(
                "{folder}: no master files there; fetch them with `maemae instruments update`"
            ).format(folder=folder)
        )
    return Instruments(found)


def _unzipped(content: bytes, source: str) -> bytes:
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return unzipped(archive, archive.namelist()[0], LISTS)
    except (zipfile.BadZipFile, zlib.error, OSError, IndexError, KeyError) as error:
        raise DataError(
            _("{source}: a damaged zip file ({error}); fetch it again").format(
                source=source, error=error
            )
        ) from error


@cache
def _layout(market: Market) -> dict[str, "slice[int, int, None]"]:
    """Return where each field of a market's tail lies, from the start of the tail."""
    file = resources.files("maemae.market").joinpath("data", "kis_master.toml")
    widths = tomllib.loads(file.read_text(encoding="utf-8"))[market.value]
    fields: dict[str, slice[int, int, None]] = {}
    start = 0
    for name, width in widths.items():
        fields[name] = slice(start, start + width)
        start += width
    return fields


@cache
def _tail_width(market: Market) -> int:
    return max(field.stop for field in _layout(market).values())


class _Record:
    """One line's fields; a bad one is reported with its place."""

    def __init__(self, tail: str, market: Market, where: str) -> None:
        self._tail = tail
        self._layout = _layout(market)
        self._where = where

    def text(self, name: str) -> str:
        field = self._layout.get(name)
        return self._tail[field].strip() if field else ""

    def flag(self, name: str) -> bool:
        return self.text(name) == "Y"

    def number(self, name: str) -> int:
        text = self.text(name)
        try:
            return int(text or "0")
        except ValueError:
            raise DataError(
                _("{where}: {name} is {text!r}, not a number").format(
                    where=self._where, name=name, text=text
                )
            ) from None

    def day(self, name: str) -> date | None:
        text = self.text(name)
        if not text.strip("0"):
            return None
        try:
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=KST).date()
        except ValueError:
            raise DataError(
                _("{where}: {name} is {text!r}, not a date").format(
                    where=self._where, name=name, text=text
                )
            ) from None


def _parse_line(line: bytes, market: Market, where: str) -> Instrument | None:
    width = _tail_width(market)
    if len(line) < _CODE + _STANDARD + width:
        raise DataError(
            _(
                "{where}: {n} bytes, a {market} record has {head}; the layout has "
                "changed or the file is cut"
            ).format(where=where, n=len(line), market=market, head=_HEAD + width)
        )
    try:
        text = line[:-width].decode(_ENCODING)
        tail = line[-width:].decode("ascii")
    except UnicodeDecodeError as error:
        raise DataError(
            _("{where}: not cp949 text ({reason})").format(where=where, reason=error.reason)
        ) from error
    short, standard, name = text[:_CODE].strip(), text[_CODE : _CODE + _STANDARD], text[21:]
    code = short[1:] if len(short) == _PLAIN_CODE + 1 else short
    if len(code) != _PLAIN_CODE:
        return None
    record = _Record(tail, market, where)
    return Instrument(
        code=code,
        name=name.strip(),
        market=market,
        kind=_kind(record),
        standard_code=standard.strip(),
        base_price=record.number("stck_sdpr"),
        listed_on=record.day("stck_lstn_date"),
        shares=record.number("lstn_stcn") * _THOUSAND,
        market_cap=record.number("prdy_avls_scal") * _HUNDRED_MILLION,
        preferred=record.text("prst_cls_code") in ("1", "2"),
        spac=record.flag("etpr_undt_objt_co_yn"),
        halted=record.flag("trht_yn"),
        managed=record.flag("mang_issu_yn"),
        liquidation=record.flag("sltr_yn"),
        overheated=record.text("short_over_cls_code") in ("2", "3"),
        warning=MarketWarning(min(record.number("mrkt_alrm_cls_code"), MarketWarning.RISK)),
        krx_sectors=tuple(name for field, name in KRX_FIELDS.items() if record.flag(field)),
        kospi200_sector=_kospi200_sector(record),
        industries=tuple(code for one in INDUSTRY_FIELDS if (code := record.text(one)).strip("0")),
    )


def _kind(record: _Record) -> Kind:
    if record.text("etp_prod_cls_code") in _ETN_PRODUCTS:
        return Kind.ETN
    return _GROUPS.get(record.text("scrt_grp_cls_code"), Kind.OTHER)


def _kospi200_sector(record: _Record) -> str:
    """Return the sector within KOSPI 200: its name, or a new code as it stands; blank without."""
    code = record.text("kospi200_apnt_cls_code")
    return "" if code in ("", "0", "N") else KOSPI200_CODES.get(code, code)


def _encode_line(instrument: Instrument) -> bytes:
    layout = _layout(instrument.market)
    tail = bytearray(b"0" * _tail_width(instrument.market))
    for name, field in layout.items():
        if name.endswith("_yn") or name == "crdt_able":
            tail[field] = b"N"
    for name, text in _fields(instrument).items():
        if name in layout:
            field = layout[name]
            tail[field] = text.encode().rjust(field.stop - field.start, b"0")
    head = (
        f"{instrument.order_code:<{_CODE}}{instrument.standard_code:<{_STANDARD}}".encode()
        + _padded_name(instrument.name)
    )
    return head + bytes(tail)


def _fields(instrument: Instrument) -> dict[str, str]:
    group = "KN" if instrument.market is Market.KONEX else _GROUP_OF[instrument.kind]
    flags = {
        "etpr_undt_objt_co_yn": instrument.spac,
        "trht_yn": instrument.halted,
        "sltr_yn": instrument.liquidation,
        "mang_issu_yn": instrument.managed,
    } | {field: name in instrument.krx_sectors for field, name in KRX_FIELDS.items()}
    return {
        "scrt_grp_cls_code": group,
        "etp_prod_cls_code": {Kind.ETN: "3", Kind.ETF: "2"}.get(instrument.kind, "0"),
        "stck_sdpr": str(instrument.base_price),
        "frml_mrkt_deal_qty_unit": "1",
        "ovtm_mrkt_deal_qty_unit": "1",
        "stck_lstn_date": f"{instrument.listed_on:%Y%m%d}" if instrument.listed_on else "",
        "lstn_stcn": str(instrument.shares // _THOUSAND),
        "prdy_avls_scal": str(instrument.market_cap // _HUNDRED_MILLION),
        "prst_cls_code": "1" if instrument.preferred else "0",
        "short_over_cls_code": "2" if instrument.overheated else "0",
        "mrkt_alrm_cls_code": f"{instrument.warning:02d}",
        "kospi200_apnt_cls_code": _KOSPI200_CODE_OF.get(instrument.kospi200_sector, "0"),
        "marg_rate": "100",
        **dict(zip(INDUSTRY_FIELDS, instrument.industries, strict=False)),
    } | {name: "Y" if value else "N" for name, value in flags.items()}


def _padded_name(name: str) -> bytes:
    encoded = name.encode(_ENCODING, errors="replace")
    while len(encoded) > _NAME:
        name = name[:-1]
        encoded = name.encode(_ENCODING, errors="replace")
    return encoded.ljust(_NAME)
