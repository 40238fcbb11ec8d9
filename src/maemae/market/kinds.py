"""The words everybody uses: markets, kinds of instrument, sides, currencies."""

from enum import StrEnum


class Currency(StrEnum):
    """Money of account; won amounts are `int`, dollar amounts `Decimal`."""

    KRW = "KRW"
    USD = "USD"


class Market(StrEnum):
    """A market section of the Korea Exchange (시장구분)."""

    KOSPI = "KOSPI"
    KOSDAQ = "KOSDAQ"
    KONEX = "KONEX"

    @property
    def currency(self) -> Currency:
        """The currency its prices are quoted in."""
        return Currency.KRW


class Kind(StrEnum):
    """What an instrument is; preferred shares and SPACs are stocks."""

    STOCK = "stock"
    ETF = "etf"
    ETN = "etn"
    ELW = "elw"
    REIT = "reit"
    FUND = "fund"
    DR = "dr"
    RIGHT = "right"
    OTHER = "other"
    """A group the master file names and maemae does not know."""

    @property
    def is_etp(self) -> bool:
        """Whether it is an exchange-traded product (ETF or ETN)."""
        return self in (Kind.ETF, Kind.ETN)

    @property
    def is_tax_exempt(self) -> bool:
        """Whether its sale is free of the securities transaction tax (증권거래세)."""
        return self in (Kind.ETF, Kind.ETN, Kind.ELW)


class Side(StrEnum):
    """The side of an order."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY
