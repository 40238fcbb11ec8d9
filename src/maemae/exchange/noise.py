"""Randomness that is the same on every machine: integers from a seed, and floats made of them.

Only raw 64-bit words are used (numpy keeps its generators' streams stable between versions, the
distributions built on them not). What is made of them is made with + - * / where it can be;
where a logarithm or an exponential takes part, only far digits may differ between
machines, which what is made of them seldom shows.
"""

from functools import cache
from statistics import NormalDist
from zlib import crc32

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_LANES = 4


def words(count: int, *key: int | str) -> Words:
    """Return `count` random 64-bit words that depend on nothing but the key."""
    entropy = [crc32(part.encode()) if isinstance(part, str) else part for part in key]
    raw = np.random.PCG64(np.random.SeedSequence(entropy)).random_raw(count)
    return np.asarray(raw, dtype=np.uint64)


def uniform(raw: Words) -> Floats:
    """Return words as floats in [0, 1)."""
    return (raw >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))


def mix(*parts: int, state: int = _STEP) -> int:
    """Return a 64-bit hash of some integers (splitmix64), for single draws without a stream.

    `state` is the hash of the parts before these: `mix(1, 2)` is `mix(2, state=mix(1))`.
    """
    for part in parts:
        state = ((state ^ (part & _MASK)) + _STEP) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state


def word_at(keys: Words, place: npt.NDArray[np.int64]) -> Words:
    """Return words of many streams at once: of each key's, the one at a place (splitmix64)."""
    state = keys + (place.astype(np.uint64) + np.uint64(1)) * np.uint64(_STEP)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Words = state ^ (state >> np.uint64(31))
    return found


def row_of_words(keys: Words, first: int, count: int) -> Words:
    """Return `count` words of each key's stream from a place on; shape (n, count)."""
    return word_at(keys[:, None], np.arange(first, first + count)[None, :])


def lanes(raw: Words) -> npt.NDArray[np.uint16]:
    """Return words as four numbers below 65,536 each; the last axis is four times as long."""
    return np.ascontiguousarray(raw, dtype="<u8").view("<u2")


def normal(numbers: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Return numbers below 65,536 as draws of the normal distribution, of its 4,096 quantiles."""
    found: npt.NDArray[np.float32] = _quantiles()[numbers >> np.uint16(4)]
    return found


@cache
def _quantiles() -> npt.NDArray[np.float32]:
    """Return the normal distribution's quantiles, rounded to what every machine agrees on."""
    half = np.array([NormalDist().inv_cdf((n + 0.5) / 4_096) for n in range(2_048)])
    table = np.concatenate([half, -half[::-1]])
    table /= np.sqrt((table * table).mean())
    return (np.round(table * (1 << 20)) / (1 << 20)).astype(np.float32)
