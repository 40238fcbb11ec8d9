"""Which names a book looks at, as the settings say it under `[book.universe]`."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from maemae.i18n import _
from maemae.market.kinds import Kind, Market
from maemae.market.sectors import NAMES, is_industry
from maemae.strategy.parts import CODE_LENGTH

Ranking = Literal["volume", "increase", "turnover", "value", "rising", "falling"]


class NamesSettings(BaseModel):
    """Codes and a file of codes; without any the whole market, the largest first.

    The filters hold for all of them, and the strategy's own candidates (`Universe`) come on top.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    codes: tuple[str, ...] = Field((), description="these codes", examples=[["005930"]])
    file: Path | None = Field(
        None, description="a CSV with a column `code`", examples=["codes.csv"]
    )
    markets: tuple[Market, ...] = Field(
        (Market.KOSPI, Market.KOSDAQ), description="markets they may be of"
    )
    sectors: tuple[str, ...] = Field(
        (),
        description="sectors they may be of: names (반도체) or codes of industries (0013)",
        examples=[["반도체", "바이오"]],
    )
    funds: bool = Field(False, description="whether ETF and ETN may be among them")
    min_price: int = Field(
        0, ge=0, description="least price in won: the ranking's, else the base price"
    )
    max_price: int | None = Field(
        None,
        gt=0,
        description="highest price in won: the ranking's, else the base price",
        examples=[200_000],
    )

    def fits(self, market: Market, kind: Kind, sectors: Collection[str] | None, price: int) -> bool:
        """Whether a name passes the filters.

        Args:
            market: where it is listed.
            kind: what it is.
            sectors: those it is in; None where they are not known.
            price: won; 0: not known.
        """
        if market not in self.markets or not (self.funds or kind is Kind.STOCK):
            return False
        if self.sectors and not set(self.sectors).intersection(sectors or ()):
            return False
        return price >= self.min_price and (self.max_price is None or price <= self.max_price)

    @field_validator("sectors")
    @classmethod
    def _known(cls, sectors: tuple[str, ...]) -> tuple[str, ...]:
        for one in sectors:
            if one not in NAMES and not is_industry(one):
                raise ValueError(
                    _(
                        "{one!r} is no sector; known are {names}, and codes of industries "
                        '(지수업종) such as "0013"'
                    ).format(one=one, names=", ".join(NAMES))
                )
        return sectors

    @field_validator("codes")
    @classmethod
    def _six_characters(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        for code in codes:
            if len(code) != CODE_LENGTH or not code.isascii() or not code.isalnum():
                raise ValueError(
                    _('{code!r} is no code: six characters in quotes, as in "005930"').format(
                        code=code
                    )
                )
        return codes


class UniverseSettings(NamesSettings):
    """Codes, a file of codes and one of the broker's rankings; without any the whole market.

    The names of all of them are looked at, codes first. The filters hold for all of them, and the
    strategy's own candidates (`Universe`) come on top.
    """

    ranking: Ranking | None = Field(
        None, description="the broker's ranking, asked again and again", examples=["value"]
    )
    every_minutes: int = Field(10, ge=1, description="minutes between two looks at the ranking")
    top: int | None = Field(None, ge=1, description="the first so many names", examples=[30])

    @property
    def named(self) -> bool:
        """Whether names come from elsewhere than the whole market."""
        return bool(self.codes or self.file or self.ranking)

    @property
    def narrow(self) -> bool:
        """Whether it is less than the whole market, sectors counted."""
        return self.named or bool(self.sectors)
