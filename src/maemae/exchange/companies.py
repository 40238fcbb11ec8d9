"""The companies of the made-up market: well-known names under their own codes, and invented ones.

Prices, sizes and figures of all of them are made up; how they are spread is that of KRX shares.
"""

from dataclasses import dataclass
from math import exp

from maemae.exchange.noise import lanes, normal, uniform, words
from maemae.market.kinds import Market

COMPANIES = 300
KOSPI = 180
"""Number of companies on KOSPI; the others are on KOSDAQ."""
SECTORS = (
    "전자", "화학", "제약", "바이오", "건설", "조선",
    "식품", "게임", "소재", "기계", "유통", "금융",
)  # fmt: skip
_KRX_SECTORS = {
    "전자": "반도체", "화학": "에너지화학", "제약": "바이오", "바이오": "바이오", "건설": "건설",
    "조선": "선박", "소재": "철강", "금융": "은행",
}  # fmt: skip
"""Which of the KRX sector indices a made-up sector is in; the others are in none."""
_FIRST = (
    "가람", "나래", "다온", "라온", "마루", "바다",
    "새한", "아라", "자람", "한빛", "태평", "푸른",
)  # fmt: skip
_SECOND = ("", "하이", "에스", "케이", "원", "누리")

_KNOWN = {
    Market.KOSPI: (
        ("005930", "삼성전자", "전자", 400_000), ("000660", "SK하이닉스", "전자", 130_000),
        ("207940", "삼성바이오로직스", "바이오", 55_000), ("005380", "현대차", "기계", 50_000),
        ("000270", "기아", "기계", 40_000), ("068270", "셀트리온", "제약", 35_000),
        ("005490", "POSCO홀딩스", "소재", 35_000), ("051910", "LG화학", "화학", 30_000),
        ("035420", "NAVER", "게임", 30_000), ("006400", "삼성SDI", "화학", 28_000),
        ("105560", "KB금융", "금융", 27_000), ("055550", "신한지주", "금융", 22_000),
        ("035720", "카카오", "게임", 20_000), ("028260", "삼성물산", "건설", 20_000),
        ("012330", "현대모비스", "기계", 20_000), ("009540", "HD한국조선해양", "조선", 10_000),
        ("097950", "CJ제일제당", "식품", 5_000), ("139480", "이마트", "유통", 2_000),
    ),
    Market.KOSDAQ: (
        ("247540", "에코프로비엠", "화학", 18_000), ("086520", "에코프로", "소재", 12_000),
        ("196170", "알테오젠", "바이오", 9_000), ("263750", "펄어비스", "게임", 2_500),
        ("035900", "JYP Ent.", "유통", 2_500), ("293490", "카카오게임즈", "게임", 1_800),
    ),
}  # fmt: skip
"""Code, name, made-up sector, and about how large the company is, in billion won."""

_SPREADS = {
    Market.KOSPI: (250.0, 1.6, 0.00276, 0.0182),
    Market.KOSDAQ: (118.0, 1.05, 0.00551, 0.0224),
}
"""Medians of size (billion won), with the deviation of its logarithm, of the part of the shares
that changes hands in a day, and of the volatility from open to close: KRX's daily lists of January
and February 2022 and 2023, and bars of 2019 to 2022."""
_TURNOVERS, _VOLATILITIES = 1.0, 0.22
_PRICE, _PRICES, _PRICE_BY_SIZE = 9_000.0, 0.8, 0.6
"""Median price in won, the deviation of its logarithm, and how it goes with size."""
_LEAST_PRICE, _MOST_PRICE = 1_050, 900_000
_BILLION = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Company:
    """A company.

    `sector` is the number of a made-up sector. `turnover`: part of the shares traded on a usual
    day; `volatility`: standard deviation of the change from open to close on such a day.
    """

    code: str
    name: str
    market: Market
    sector: int
    shares: int
    first_price: int
    turnover: float
    volatility: float

    @property
    def krx_sectors(self) -> tuple[str, ...]:
        """The KRX sector indices that the company is in."""
        name = SECTORS[self.sector]
        return (_KRX_SECTORS[name],) if name in _KRX_SECTORS else ()

    @property
    def industries(self) -> tuple[str, ...]:
        """The codes of its industry, as in the master files."""
        return (f"{self.market is Market.KOSDAQ:d}{self.sector + 1:03d}",)


def companies(seed: int) -> list[Company]:
    """Return all companies: those of KOSPI first."""
    return [_company(seed, number) for number in range(COMPANIES)]


def _company(seed: int, number: int) -> Company:
    market = Market.KOSPI if number < KOSPI else Market.KOSDAQ
    last = KOSPI if market is Market.KOSPI else COMPANIES
    known = _KNOWN[market][last - 1 - number] if last - number <= len(_KNOWN[market]) else None
    raw = words(3, seed, number, "company")
    size, price, turnover, lively = (float(one) for one in normal(lanes(raw[:1])))
    median, deviation, usual, calm = _SPREADS[market]
    worth = known[3] if known else median * exp(deviation * size)
    if known:
        size, turnover = 2.0, 0.3 * turnover
    won = _PRICE * exp(_PRICE_BY_SIZE * size + _PRICES * price)
    first_price = int(min(max(won, _LEAST_PRICE * (1 + float(uniform(raw[1:2])[0]))), _MOST_PRICE))
    return Company(
        code=known[0] if known else code_of(number),
        name=known[1] if known else name_of(number),
        market=market,
        sector=SECTORS.index(known[2]) if known else number % len(SECTORS),
        shares=max(1_000_000, int(worth * _BILLION) // first_price),
        first_price=first_price,
        turnover=usual * exp(_TURNOVERS * turnover),
        volatility=calm * exp(_VOLATILITIES * lively - 0.05 * size),
    )


def code_of(number: int) -> str:
    """Return an invented company's code; that of every tenth is of the new kind, with a letter."""
    return f"{100_000 + 10 * number}" if number % 10 else f"{number + 1:04d}K0"


def name_of(number: int) -> str:
    """Return an invented company's name."""
    pair = number // len(SECTORS)
    return (
        _FIRST[pair % len(_FIRST)] + _SECOND[pair // len(_FIRST)] + SECTORS[number % len(SECTORS)]
    )
