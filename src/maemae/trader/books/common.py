"""What all ways of trading have in common in the settings: name, names at most, exits."""

from abc import abstractmethod
from datetime import time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from maemae.desk.guard import BookLimits
from maemae.desk.records import OWNER
from maemae.desk.terms import Exits
from maemae.i18n import _
from maemae.reading import decimal
from maemae.trader.order_settings import OrderSettings

if TYPE_CHECKING:
    from maemae.desk.rules import BookRules
    from maemae.trader.sources.source import Means, Source


def _percent(value: Any) -> Any:
    """Read `"2%"` as 0.02, because that is how people write rates."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return decimal(value.strip()[:-1]) / 100
        except ValueError:
            raise ValueError(_("a rate is a fraction (0.02) or in percent (2%)")) from None
    return value


Rate = Annotated[Decimal, BeforeValidator(_percent), Field(gt=0, lt=1)]
"""A rate as a fraction (0.02) or in percent ("2%"), above 0 and below 1."""


def _won_or_part(value: Any) -> Any:
    """Read won as they stand, and a percentage or a fraction as a part of the account."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return _percent(value)


Capital = Annotated[
    Annotated[int, Field(strict=True, gt=0)] | Annotated[Decimal, Field(gt=0, le=1)],
    BeforeValidator(_won_or_part),
]
"""Won (5_000_000), or a part of what the account is worth at the day's opening ("30%", 0.3)."""


class BookSettings(BaseModel):
    """A book: names bought in one way, kept apart from those of every other book.

    Subclasses fix `way`, which is how the settings file tells them apart, and say how the desk
    trades the book (`rules`) and where its candidates come from (`source`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40, description="its own name")
    capital: Capital | None = Field(
        None,
        description="won, or percent of the account at the opening, that it may tie up; "
        "without it whatever is free",
        examples=["30%"],
    )
    max_names: int = Field(5, ge=1, le=40, description="names held at most")
    take_profit: Rate | None = Field(
        None, description="profit rate at which a holding is sold", examples=["2%"]
    )
    stop_loss: Rate | None = Field(
        None, description="loss rate at which a holding is sold", examples=["1%"]
    )
    trailing_stop: Rate | None = Field(
        None, description="fall from the highest price at which a holding is sold", examples=["3%"]
    )
    max_days: int | None = Field(
        None,
        ge=1,
        description="trading days after the purchase on which a holding is sold",
        examples=[5],
    )
    sell_at: time | None = Field(
        None,
        description="time of day from which a holding is sold (with max_days: on that day)",
        examples=[time(15, 15)],
    )
    from_: time | None = Field(
        None,
        alias="from",
        description="time of day from which it enters",
        examples=[time(9, 5)],
    )
    until: time | None = Field(
        None, description="time of day until which it enters", examples=[time(15)]
    )
    order_value: int | None = Field(
        None, gt=0, description="won per order of the book", examples=[2_000_000]
    )
    name_exposure: int | None = Field(
        None, gt=0, description="won of the book in one name", examples=[3_000_000]
    )
    loss: int | None = Field(
        None,
        gt=0,
        description="loss of the book in a day (won) at which its entries stop",
        examples=[300_000],
    )
    rebuy_after_stop: bool = Field(
        False, description="whether it buys a name again on the day of its own stop loss"
    )
    order: OrderSettings = OrderSettings()
    signal_seconds: int = Field(10, ge=1, description="seconds between two looks at the rules")

    @field_validator("name")
    @classmethod
    def _not_the_owners(cls, name: str) -> str:
        if name == OWNER:
            raise ValueError(
                _('the name "{owner}" is taken: it is the book of your own shares').format(
                    owner=OWNER
                )
            )
        return name

    @model_validator(mode="after")
    def _hours_run_forwards(self) -> Self:
        if self.hours is not None and self.hours[0] >= self.hours[1]:
            raise ValueError(_("`from` must come before `until`"))
        return self

    @property
    def exits(self) -> Exits:
        """When a position of the book is sold."""
        return Exits(
            take_profit=self.take_profit,
            stop_loss=self.stop_loss,
            trailing=self.trailing_stop,
            days=self.max_days,
            at=self.sell_at,
        )

    @property
    def limits(self) -> BookLimits:
        """Bounds of the book alone."""
        return BookLimits(
            capital=self.capital,
            order_value=self.order_value,
            name_exposure=self.name_exposure,
            loss=self.loss,
            after_stop=self.rebuy_after_stop,
        )

    @property
    def hours(self) -> tuple[time, time] | None:
        """The times of day between which the book enters."""
        if self.from_ is None and self.until is None:
            return None
        return self.from_ or time.min, self.until or time.max

    @property
    def signal_every(self) -> timedelta:
        """Time between two looks at the rules."""
        return timedelta(seconds=self.signal_seconds)

    @abstractmethod
    def rules(self) -> "BookRules":
        """Return how the desk trades the book."""

    @abstractmethod
    def source(self, means: "Means") -> "Source":
        """Return where the candidates of the book come from."""
