"""What maemae asks for, and so what can be out of its sight."""

from enum import StrEnum


class Sight(StrEnum):
    """A kind of thing that is asked for, or listened to."""

    SEARCH = "search"
    """The candidates of a book."""
    POWER = "power"
    """Buying power (주문가능금액)."""
    PRICE = "price"
    """A last price that no tick brings."""
    BALANCE = "balance"
    """The broker's books."""
    EXECUTIONS = "executions"
    """The day's orders as the broker lists them."""
    QUOTES = "quotes"
    """Prices that a book's source asks for, of some of its names."""
    MASTERS = "masters"
    """The day's master files (종목마스터)."""
    STREAM = "stream"
    """Fills and prices as they happen."""


class Figure(StrEnum):
    """What of the broker's tells of orders, once it was seen to: the list, or what they shrink."""

    SELLABLE = "sellable"
    """Shares of a holding that can be sold (주문가능수량)."""
    POWER = "power"
    """What can be bought for (주문가능금액)."""
    LIST = "list"
    """The order list (주식일별주문체결조회), which has an order some time after it was taken."""
