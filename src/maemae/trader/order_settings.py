"""How a book orders its entries, as the settings say it under `[book.order]`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from maemae.desk.records import AfterWait, OrderWay


class OrderSettings(BaseModel):
    """Market orders, or limit orders with what becomes of those that do not fill."""

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

    def way(self) -> OrderWay:
        """Return it as the desk wants it."""
        return OrderWay(
            kind=self.kind,
            offset_ticks=self.offset_ticks,
            wait_seconds=self.wait_seconds,
            then=self.then,
            chases=self.chases,
        )
