"""The condition scalper: buy what a saved condition search (조건검색) finds, sell at two bounds."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _percent(value: Any) -> Any:
    """Read `"2%"` as 0.02, because that is how people write rates."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return Decimal(value.strip()[:-1]) / 100
    return value


Rate = Annotated[Decimal, BeforeValidator(_percent), Field(gt=0, lt=1)]
"""A rate as a fraction (0.02) or in percent ("2%"), above 0 and below 1."""


class ConditionScalper(BaseModel):
    """Settings of the condition scalper, with their customary defaults.

    A name in the search result that is not held is bought at market while slots are free. The
    whole holding is sold at market when its profit rate, after the fees and taxes of both sides,
    reaches a bound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    condition: int = Field(0, ge=0, description="number of the saved condition search")
    amount: int = Field(1_000_000, gt=0, description="won spent per name")
    take_profit: Rate = Field(Decimal("0.02"), description="profit rate at which a holding is sold")
    stop_loss: Rate = Field(Decimal("0.01"), description="loss rate at which a holding is sold")
    max_names: int = Field(5, ge=1, le=40, description="names held at most")
    search_seconds: int = Field(300, ge=1, description="seconds between two searches")
    signal_seconds: int = Field(10, ge=1, description="seconds between two looks at the rules")
    balance_seconds: int = Field(30, ge=1, description="seconds between two balance inquiries")
