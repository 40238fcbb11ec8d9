"""How a book orders its entries, as the settings say it under `[book.order]`."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from maemae.desk.terms import AfterWait, OrderWay
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.order_kinds import OrderKind, Pricing, find_order_kind
from maemae.market.phases import Venue

_PLAIN = ("market", "limit")


class OrderSettings(BaseModel):
    """How entries are ordered: at market, at a limit or as another kind; a part of any book."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(
        "market", description="kind of order: market, limit, or another of the table in by-hand.md"
    )
    exchange: Venue = Field(
        Venue.KRX, description="where entries go: KRX, NXT, or SOR (the broker chooses)"
    )
    offset_ticks: int = Field(
        0, ge=-100, le=100, description="limit: ticks from the last price (negative: cheaper)"
    )
    wait_seconds: int = Field(10, ge=1, description="limit: seconds until `then`")
    then: AfterWait = Field(
        AfterWait.CANCEL,
        description="limit: cancel, chase (amend to the price of the moment), or market",
    )
    chases: int = Field(5, ge=1, description="amendments at most, each after wait_seconds")

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        try:
            return find_order_kind(kind).word
        except DataError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        kind, follows = self._kind, self.then is not AfterWait.CANCEL
        if kind.pricing is Pricing.STOP_LIMIT or self.exchange not in kind.venues:
            raise ValueError(
                _("{kind} orders do not go to {exchange}").format(
                    kind=kind.word, exchange=self.exchange
                )
            )
        if not kind.needs_price and (self.offset_ticks or follows):
            raise ValueError(_('`offset_ticks` and `then` are for kind = "limit"'))
        if follows and kind.off_hours:
            raise ValueError(_("an order for another session rests until that ends: no `then`"))
        if self.then is AfterWait.MARKET and (kind.word != "limit" or self.exchange is Venue.NXT):
            raise ValueError(_('`then = "market"` is for limit orders on KRX or SOR'))
        return self

    @property
    def _kind(self) -> OrderKind:
        return find_order_kind(self.kind)

    def way(self) -> OrderWay:
        """Return it as the desk wants it."""
        kind = self._kind
        return OrderWay(
            kind="limit" if kind.needs_price else "market",
            offset_ticks=self.offset_ticks,
            wait_seconds=self.wait_seconds,
            then=self.then,
            chases=self.chases,
            code="" if self.kind in _PLAIN else kind.code,
            exchange=self.exchange,
        )
