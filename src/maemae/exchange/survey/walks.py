"""Driftless walks, as bars: what is known to be a fair game before it is replayed."""

from math import exp

import numpy as np
import numpy.typing as npt

from maemae.exchange.grid import grid
from maemae.exchange.hours import Hours
from maemae.exchange.liquidity import USUAL_VOLATILITY, VOLATILITIES
from maemae.exchange.listing import WALK_PARTS, Listing, Walk
from maemae.exchange.noise import lanes, normal, uniform, words
from maemae.market.kinds import Kind, Market

_STEPS = 4_096
_PRICES = (2_990, 7_940, 18_600, 45_150, 149_500)
_FACTOR = 3.4641016
"""Makes a uniform draw between -½ and ½ one of variance one."""


def walked(number: int, hours: Hours, seed: int, *, told: bool = False) -> list[Listing]:
    """Return the bars of walks without drift: trades a tick apart, up and down alike likely.

    The price goes a tick on when the walk behind it has gone one, so that the price itself has
    no drift and no bounce. The open is the base price.

    Args:
        number: of walks.
        hours: the day.
        seed: chooses the walks.
        told: with their volatility, and where they were at parts of the day.
    """
    steps = grid(hours.day, Market.KOSPI)
    found = []
    for one in range(number):
        code = f"{600_000 + one}"
        base = _PRICES[one % len(_PRICES)]
        noise = (uniform(words(_STEPS, seed, code, "walk")) - 0.5) * _FACTOR
        start = steps.floor(base)
        won = base + np.cumsum(noise * (volatility(seed, code) * base / np.sqrt(_STEPS)))
        places = np.interp(won, steps.prices, np.arange(len(steps.prices)))
        seen = _ticks(places, start)
        opened, high, low, close = (int(steps.prices[i]) for i in _bar(seen))
        found.append(
            Listing(
                code=code,
                name=code,
                market=Market.KOSPI,
                kind=Kind.STOCK,
                base=base,
                lower=low // 2,
                upper=high * 2,
                open=opened,
                high=high,
                low=low,
                close=close,
                volume=4_000_000_000 // base,
                volatility=volatility(seed, code) if told else 0.0,
                walk=_walk(won, base) if told else None,
            )
        )
    return found


def volatility(seed: int, code: str) -> float:
    """Return the standard deviation of a walk's change: as real names have them."""
    drawn = float(normal(lanes(words(1, seed, code, "volatility")))[0])
    return USUAL_VOLATILITY * exp(VOLATILITIES * drawn)


def _walk(won: npt.NDArray[np.float64], base: int) -> Walk:
    part = _STEPS // WALK_PARTS
    places = won[part - 1 : -1 : part] / base - 1.0
    return Walk(tuple(places.tolist()), int(won.argmax()) // part, int(won.argmin()) // part)


def _ticks(walk: npt.NDArray[np.float64], start: int) -> list[int]:
    price, seen = start, [start]
    for value in walk.tolist():
        if value >= price + 1:
            price = int(value)
        elif value <= price - 1:
            price = -int(-value)
        seen.append(price)
    return seen


def _bar(seen: list[int]) -> tuple[int, int, int, int]:
    return seen[0], max(seen), min(seen), seen[-1]
