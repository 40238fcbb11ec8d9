"""Randomness that is the same on every machine: integers from a seed, and floats made of them.

Only the bit generator's raw 64-bit words are used (numpy keeps that stream stable between
versions, the distributions built on it not), and only + - * / on what they give.
"""

from zlib import crc32

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
_MASK = (1 << 64) - 1


def words(count: int, *key: int | str) -> Words:
    """Return `count` random 64-bit words that depend on nothing but the key."""
    entropy = [crc32(part.encode()) if isinstance(part, str) else part for part in key]
    raw = np.random.PCG64(np.random.SeedSequence(entropy)).random_raw(count)
    return np.asarray(raw, dtype=np.uint64)


def uniform(raw: Words) -> npt.NDArray[np.float64]:
    """Return words as floats in [0, 1)."""
    return (raw >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))


def mix(*parts: int) -> int:
    """Return a 64-bit hash of some integers (splitmix64), for single draws without a stream."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = (state ^ (part & _MASK)) & _MASK
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state
