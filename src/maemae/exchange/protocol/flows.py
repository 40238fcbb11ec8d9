"""Who traded: investors, member firms and programs.

Daily bars do not tell it. What is answered is made up of (seed, day, code) and of the volume that
was traded: all purchases together are that volume, so are all sales, and what was bought net adds
up to nothing.
"""

from datetime import date
from zlib import crc32

from maemae.exchange.listing import DayBar
from maemae.exchange.moment import clock_text
from maemae.exchange.noise import mix
from maemae.exchange.protocol.charts import all_days
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.numbers import change_rate, plain_sign, rate, sign
from maemae.exchange.protocol.reply import Reply, filled_in, quote_reply
from maemae.exchange.replay import Point

_MILLION = 1_000_000
_ROWS = 30
_HUNDRED = 100

_INVESTORS = ("prsn", "frgn", "orgn")
"""Persons (개인), foreigners (외국인) and institutions (기관계)."""

_SHARES = ((45, 75), (10, 35))
"""Least and most percent of the volume of persons and of foreigners; institutions have the rest."""

_MEMBERS = (
    ("00050", "키움증권", "N"), ("00005", "미래에셋증권", "N"), ("00003", "한국투자증권", "N"),
    ("00012", "NH투자증권", "N"), ("00030", "삼성증권", "N"), ("00036", "모간서울", "Y"),
    ("00033", "JP모간", "Y"),
)  # fmt: skip
_MEMBER_ROWS = 5
_PROGRAM = (5, 30)
"""Least and most percent of the volume that programs trade."""


def investors(context: Context) -> Reply:
    """Answer 주식현재가 투자자 (FHKST01010900): thirty days, today's blank until the close."""
    code = context.required("FID_INPUT_ISCD")
    context.listing(code)
    over = context.venue.now >= context.venue.hours.close
    days = all_days(context, code)[-_ROWS - 1 :]
    rows = []
    for n in range(len(days) - 1, 0, -1):
        bar, before = days[n], days[n].base or days[n - 1].close
        values = {
            "stck_bsop_date": f"{bar.day:%Y%m%d}",
            "stck_clpr": str(bar.close),
            "prdy_vrss": str(bar.close - before),
            "prdy_vrss_sign": plain_sign(bar.close, before),
        }
        if over or bar.day != context.venue.hours.day:
            values |= _of(context, code, bar)
        rows.append(filled_in(context.endpoint, "output", values))
    return quote_reply({"output": rows})


def _of(context: Context, code: str, bar: DayBar) -> dict[str, str]:
    average = bar.value / bar.volume if bar.volume else 0.0
    bought, sold = (_split(bar.volume, _draw(context, code, bar.day, n)) for n in (0, 1))
    values = {}
    for who, buys, sells in zip(_INVESTORS, bought, sold, strict=True):
        for name, quantity in (("shnu", buys), ("seln", sells), ("ntby", buys - sells)):
            unit = "qty" if name == "ntby" else "vol"
            values[f"{who}_{name}_{unit}"] = str(quantity)
            values[f"{who}_{name}_tr_pbmn"] = str(round(quantity * average / _MILLION))
    return values


def _split(volume: int, noise: int) -> tuple[int, int, int]:
    """Split a volume among persons, foreigners and institutions."""
    (low, high), (least, most) = _SHARES
    persons = volume * (low + noise % (high - low + 1)) // _HUNDRED
    foreign = min(volume - persons, volume * (least + noise // 64 % (most - least + 1)) // _HUNDRED)
    return persons, foreign, volume - persons - foreign


def members(context: Context) -> Reply:
    """Answer 주식현재가 회원사 (FHKST01010600): the five firms that sold and bought most so far."""
    code = context.required("FID_INPUT_ISCD")
    context.listing(code)
    volume = context.venue.floor.state(code).volume
    values: dict[str, str] = {}
    of_foreign: dict[str, int] = {}
    for place, side in enumerate(("seln", "shnu")):
        noise = _draw(context, code, context.venue.hours.day, 2 + place)
        shift = noise % len(_MEMBERS)
        firms = (_MEMBERS[shift:] + _MEMBERS[:shift])[:_MEMBER_ROWS]
        of_foreign[side] = 0
        for n, (number, name, foreign) in enumerate(firms, start=1):
            quantity = volume * (25 - 4 * n + noise // 16**n % 4) // _HUNDRED
            of_foreign[side] += quantity if foreign == "Y" else 0
            values |= {
                f"{side}_mbcr_no{n}": number,
                f"{side}_mbcr_name{n}": name,
                f"total_{side}_qty{n}": str(quantity),
                f"{side}_mbcr_rlim{n}": rate(quantity, volume),
                f"{side}_qty_icdc{n}": "0",
                f"{side}_mbcr_glob_yn_{n}": foreign,
            }
        values |= {
            f"glob_total_{side}_qty": str(of_foreign[side]),
            f"glob_{side}_rlim": rate(of_foreign[side], volume),
        }
    values["glob_ntby_qty"] = str(of_foreign["shnu"] - of_foreign["seln"])
    return quote_reply({"output": filled_in(context.endpoint, "output", values, "0")})


def programs(context: Context) -> Reply:
    """Answer 종목별 프로그램매매추이(체결) (FHPPG04650101): the latest thirty trades."""
    code = context.required("FID_INPUT_ISCD")
    listing, floor = context.listing(code), context.venue.floor
    market, row = floor.market, floor.market.rows[code]
    rows = []
    for point in market.points(row, floor.now)[-_ROWS:]:
        volume, value = market.totals(row, point.index)
        values = {
            "bsop_hour": clock_text(point.at),
            "stck_prpr": str(point.price),
            "prdy_vrss": str(point.price - listing.base),
            "prdy_vrss_sign": sign(point.price, listing.base, listing.lower, listing.upper),
            "prdy_ctrt": change_rate(point.price, listing.base),
            "acml_vol": str(volume),
            **_programs(context, code, context.venue.hours.day, (volume, value)),
            **_last_program(context, code, point),
        }
        rows.append(filled_in(context.endpoint, "output", values, "0"))
    return quote_reply({"output": rows[::-1]})


def programs_by_day(context: Context) -> Reply:
    """Answer 종목별 프로그램매매추이(일별) (FHPPG04650201): thirty days up to a date."""
    code = context.required("FID_INPUT_ISCD")
    context.listing(code)
    until = context.call.get("FID_INPUT_DATE_1") or f"{context.venue.hours.day:%Y%m%d}"
    days = [bar for bar in all_days(context, code) if f"{bar.day:%Y%m%d}" <= until][-_ROWS - 1 :]
    rows = []
    for n in range(len(days) - 1, 0, -1):
        bar, before = days[n], days[n].base or days[n - 1].close
        values = {
            "stck_bsop_date": f"{bar.day:%Y%m%d}",
            "stck_clpr": str(bar.close),
            "prdy_vrss": str(bar.close - before),
            "prdy_vrss_sign": plain_sign(bar.close, before),
            "prdy_ctrt": change_rate(bar.close, before),
            "acml_vol": str(bar.volume),
            "acml_tr_pbmn": str(bar.value),
            **_programs(context, code, bar.day, (bar.volume, bar.value)),
        }
        rows.append(filled_in(context.endpoint, "output", values, "0"))
    return quote_reply({"output": rows})


def _programs(context: Context, code: str, day: date, traded: tuple[int, int]) -> dict[str, str]:
    """Return what programs sold and bought of a day's volume and value."""
    low, high = _PROGRAM
    values: dict[str, str] = {}
    sums: list[tuple[int, int]] = []
    for place, name in enumerate(("seln", "shnu")):
        percent = low + _draw(context, code, day, 4 + place) % (high - low + 1)
        quantity, amount = (one * percent // _HUNDRED for one in traded)
        sums.append((quantity, amount))
        values |= {f"whol_smtn_{name}_vol": str(quantity)}
        values |= {f"whol_smtn_{name}_tr_pbmn": str(amount)}
    (sold, for_sold), (bought, for_bought) = sums
    return values | {
        "whol_smtn_ntby_qty": str(bought - sold),
        "whol_smtn_ntby_tr_pbmn": str(for_bought - for_sold),
    }


def _last_program(context: Context, code: str, point: Point) -> dict[str, str]:
    """Return what programs bought net in one trade."""
    traded = (point.volume, point.volume * point.price)
    net = _programs(context, code, context.venue.hours.day, traded)
    return {
        "whol_ntby_vol_icdc": net["whol_smtn_ntby_qty"],
        "whol_ntby_tr_pbmn_icdc": net["whol_smtn_ntby_tr_pbmn"],
    }


def _draw(context: Context, code: str, day: date, what: int) -> int:
    seed = context.venue.floor.market.seed
    return mix(seed, int(f"{day:%Y%m%d}"), crc32(code.encode()), what)


HANDLERS: dict[str, Handler] = {
    "domestic_stock.inquire_investor": investors,
    "domestic_stock.inquire_member": members,
    "domestic_stock.program_trade_by_stock": programs,
    "domestic_stock.program_trade_by_stock_daily": programs_by_day,
}
