"""What trading costs, as settings: one place for backtests, the simulated exchange and the desk."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from maemae.market.costs import CostRules

if TYPE_CHECKING:
    from maemae.trader.settings import Settings

_BP = Decimal(10_000)
BasisPoints = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=5)]


class CostSettings(BaseModel):
    """Fees, taxes and slippage in basis points (bp, 0.01 %), for backtests, sim and every desk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fee_bp: BasisPoints | None = Field(
        None,
        description="commission per side; left out: KIS's own",
        examples=[Decimal("1.42")],
    )
    tax_bp: BasisPoints | None = Field(
        None,
        description="tax on sales of stocks; left out: the law's of the day",
        examples=[Decimal(20)],
    )
    slippage_bp: Decimal = Field(
        Decimal(0),
        ge=0,
        le=1000,
        decimal_places=2,
        description="how much worse fills are assumed, in backtests and by the simulated exchange",
    )

    def over(self, rules: CostRules) -> CostRules:
        """Return a broker's terms with what the settings say in their place."""
        if self.fee_bp is not None:
            rules = replace(rules, fee_rate=self.fee_bp / _BP, fund_fee_rate=None)
        if self.tax_bp is not None:
            rules = replace(rules, tax_rate=self.tax_bp / _BP)
        return rules

    @property
    def slippage(self) -> int:
        """The slippage in parts per million."""
        return int(self.slippage_bp * 100)


def costs_of(settings: "Settings") -> CostRules:
    """Return the fees and taxes of the settings' venue; those of an account go over all."""
    if settings.venue == "sim":
        virtual = settings.sim.orders == "virtual"
        return settings.costs.over(CostRules.VIRTUAL if virtual else CostRules.REAL)
    paper = settings.venue == "paper"
    own = settings.costs.over(CostRules.VIRTUAL if paper else CostRules.REAL)
    rate = (settings.paper if paper else settings.live).fee_rate
    return own if rate is None else replace(own, fee_rate=rate)
