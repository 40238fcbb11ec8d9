"""TA-Lib, described by itself: every function's inputs, parameters, outputs and look-back."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import unwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray


@contextmanager
def _without_frames() -> Iterator[None]:
    """Hide pandas and polars while TA-Lib is imported.

    TA-Lib imports them where they are installed, only to accept their series. It gets plain arrays
    here, and they cost a fresh process more than a second.
    """
    hidden = [name for name in ("pandas", "polars") if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _without_frames():
    # As untyped modules: TA-Lib's stubs lack parts of it.
    talib: Any = import_module("talib")
    abstract: Any = import_module("talib.abstract")
    stream: Any = import_module("talib.stream")

Floats = NDArray[np.float64]
InsufficientHistory: type[Exception] = talib.InsufficientHistory
"""Raised by a handle opened too early."""

INTERNAL = {"ADD", "SUB", "MULT", "DIV", "EXP", "SQRT", "MAVP"}
"""Not offered: what the language has as arithmetic, and a window that varies from bar to bar."""

OUTPUTS = {
    "macdsignal": "signal", "macdhist": "histogram", "upperband": "upper", "middleband": "middle",
    "lowerband": "lower", "slowk": "k", "slowd": "d", "fastk": "k", "fastd": "d",
    "aroondown": "down", "aroonup": "up", "plusvi": "plus", "minusvi": "minus",
    "smisignal": "signal", "haopen": "open", "hahigh": "high", "halow": "low", "haclose": "close",
}  # fmt: skip
"""Short names of outputs; the others keep TA-Lib's."""

HOLES = "Output can be NaN or infinite"
"""TA-Lib's word for such functions."""

SMOOTHED_TYPES = {0: 0.0, 2: 0.0, 5: 0.0}
"""TA-Lib's moving average types without memory beyond their window: SMA, WMA, TRIMA."""

FORGETTING: dict[str, Callable[[tuple[Any, ...]], float]] = {
    name: (lambda p: 2 / (p[0] + 1)) for name in
    ("EMA", "DEMA", "TEMA", "T3", "ZLEMA", "TRIX", "EFI", "ERI", "KC", "CVI")
} | {
    name: (lambda p: 1 / p[0]) for name in
    ("RSI", "ATR", "NATR", "ADX", "ADXR", "DX", "PLUS_DI", "MINUS_DI", "PLUS_DM", "MINUS_DM",
     "CMO", "RMA", "RVI", "STOCHRSI")
} | {
    name: (lambda p: 2 / (max(p[:2]) + 1)) for name in
    ("MACD", "APO", "PPO", "PVO", "ADOSC", "TSI")
} | {
    "MACDFIX": lambda _: 2 / 27,
    "MACDEXT": lambda p: 2 / (max(p[0], p[2]) + 1),
    "MASSI": lambda p: 2 / (p[0] + 1),
    "SMI": lambda p: 2 / (max(p[1:3]) + 1),
    "KAMA": lambda _: 0.04,  # its usual pace; in dead calm it may be a tenth of that
    "MAMA": lambda p: p[1],
    "HA": lambda _: 0.5,
    "KDJ": lambda p: 1 / max(p[1], p[3]),
    "HT_DCPERIOD": lambda _: 0.1, "HT_DCPHASE": lambda _: 0.1, "HT_PHASOR": lambda _: 0.1,
    "HT_SINE": lambda _: 0.1, "HT_TRENDLINE": lambda _: 0.1, "HT_TRENDMODE": lambda _: 0.1,
}  # fmt: skip
"""Share of the past a recursive function forgets per bar, from its parameters."""

DEPTH = {"DEMA": 2, "TEMA": 3, "T3": 6, "TRIX": 3, "ADX": 2, "ADXR": 2, "TSI": 2, "SMI": 2,
         "MASSI": 2, "RVI": 1, "MACD": 2, "MACDFIX": 2, "MACDEXT": 2, "KDJ": 2}  # fmt: skip
"""How many smoothings stand one behind the other, where more than one."""

TOLERANCE = 1e-9
"""Share of the forgotten start that may still be in a recursive value when it counts as warm."""

ANCHORED = {"AD", "ADOSC", "CUMSUM", "NVI", "OBV", "PVI", "PVT", "VWAP", "WAD", "SAR", "SAREXT",
            "SUPERTREND"}  # fmt: skip
"""Functions whose value depends on where the history begins, for ever or until a reversal."""

ANCHOR_BARS = 250
"""History asked for by default for those."""

EXACT_WINDOWS = {"MAX", "MIN", "MOM", "ROC", "ROCP", "ROCR", "ROCR100"}
"""Functions of the bars inside the window alone, without running sums."""

SUMMING_WINDOWS = {"SMA", "SUM"}
"""The same up to rounding, and exactly where the inputs are whole numbers (won, shares)."""


@dataclass(frozen=True)
class Function:
    """A TA-Lib function."""

    name: str
    title: str
    inputs: tuple[str, ...]
    free: int
    parameters: tuple[tuple[str, float], ...]
    outputs: tuple[str, ...]
    group: str
    holes: bool
    """Whether a value can be undefined after the first one (a division by zero)."""

    @property
    def call(self) -> Callable[..., Any]:
        """The function over whole arrays, without the wrapper that looks for data frames."""
        function: Callable[..., Any] = unwrap(getattr(talib, self.name))
        return function

    @property
    def handle(self) -> Callable[..., Any]:
        """The class of its bar-by-bar handles; values are bit-identical to `call`'s."""
        opened: Callable[..., Any] = getattr(stream, self.name)
        return opened

    def typed(self, params: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the parameters in the types TA-Lib insists on."""
        return tuple(
            int(value) if isinstance(default, int) else float(value)
            for value, (_, default) in zip(params, self.parameters, strict=True)
        )

    def run(self, params: tuple[Any, ...], inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Compute all outputs over one run of bars without holes."""
        result = self.call(*inputs, *params)
        results = result if isinstance(result, tuple) else (result,)
        return tuple(self._as_floats(params, array) for array in results)

    def _as_floats(self, params: tuple[Any, ...], array: NDArray[Any]) -> Floats:
        if array.dtype == np.float64:
            if self.holes:
                array[np.isinf(array)] = np.nan
            return array
        floats = array.astype(np.float64)
        floats[: self.lookback(params)] = np.nan
        return floats

    def lookback(self, params: tuple[Any, ...]) -> int:
        """Bars before the first value."""
        return _lookback(self.name, params)

    def memory(self, params: tuple[Any, ...]) -> int:
        """Further bars until the start is forgotten to `TOLERANCE`; 0 for windows."""
        if self.name in ANCHORED:
            return ANCHOR_BARS
        share = FORGETTING.get(self.name, _nothing)(params)
        depth = DEPTH.get(self.name, 1)
        for (name, _), value in zip(self.parameters, params, strict=True):
            if name.endswith("matype") and value not in SMOOTHED_TYPES:
                share = min(share, 1 / max(p for p in params if isinstance(p, int)))
        if share >= 1:
            return 0
        bars = np.log(TOLERANCE) / np.log1p(-share)
        return int(np.ceil(bars * (1 + 0.25 * (depth - 1))))


def _nothing(_: tuple[Any, ...]) -> float:
    return 1.0


@cache
def _lookback(name: str, params: tuple[Any, ...]) -> int:
    function = abstract.Function(name)
    function.parameters = dict(zip(function.info["parameters"], params, strict=True))
    return int(function.lookback)


@cache
def functions() -> dict[str, Function]:
    """Return all functions on offer by their lower-case name."""
    described = {}
    for name in talib.get_functions():
        if name in INTERNAL:
            continue
        info = abstract.Function(name).info
        inputs: list[str] = []
        free = 0
        for kind, wanted in info["input_names"].items():
            if kind == "prices":
                inputs.extend(wanted)
            else:
                inputs.append("close")
                free += 1
        described[name.lower()] = Function(
            name=name,
            title=info["display_name"],
            inputs=tuple(inputs),
            free=free,
            parameters=tuple(info["parameters"].items()),
            outputs=tuple(OUTPUTS.get(output, output) for output in info["output_names"]),
            group=info["group"],
            holes=HOLES in (info["function_flags"] or ()),
        )
    return described
