"""How a book orders its entries, as the settings say it under `[book.order]`."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from maemae.desk.terms import AfterWait, OrderWay
from maemae.i18n import _


class OrderSettings(BaseModel):
    """How entries are ordered: at market, or at a limit price; a part of any book."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["market", "limit"] = Field("market", description="kind of order")
    offset_ticks: int = Field(
        0, ge=-100, le=100, description="limit: ticks from the last price (negative: cheaper)"
    )
    wait_seconds: int = Field(10, ge=1, description="limit: seconds until `then`")
    then: AfterWait = Field(
        AfterWait.CANCEL,
        description="limit: cancel, chase (amend to the price of the moment), or market",
    )
    chases: int = Field(5, ge=1, description="amendments at most, each after wait_seconds")

    @model_validator(mode="after")
    def _of_a_limit_order(self) -> Self:
        if self.kind == "market" and (self.offset_ticks or self.then is not AfterWait.CANCEL):
            raise ValueError(_('`offset_ticks` and `then` are for kind = "limit"'))
        return self

    def way(self) -> OrderWay:
        """Return it as the desk wants it."""
        return OrderWay(
            kind=self.kind,
            offset_ticks=self.offset_ticks,
            wait_seconds=self.wait_seconds,
            then=self.then,
            chases=self.chases,
        )
