"""Bars of many instruments as contiguous arrays, the form that rules and simulators read.

A panel holds each field as one array of shape (instruments, times), symbol-major, so that the
history of one instrument is one contiguous run of memory. Where an instrument has no bar (not yet
listed, halted, no trade) the array holds NaN. Prices are floats here because indicators are; money
never is taken from a panel.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from maemae.errors import DataError
from maemae.i18n import _

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T", bound=np.generic)
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indexes = NDArray[np.int64]

PRICES = ("open", "high", "low", "close")
FIELDS = (*PRICES, "volume", "value", "market_cap", "shares")
"""Fields a panel can carry; the first five are always there, the rest where the data has them."""
REQUIRED = (*PRICES, "volume")
FACTS = ("market", "kind", "sector", "name")
DAY = timedelta(days=1)
SEVERAL = "|"
"""Between the words of a fact that is several at once, as a name's sectors are."""


@dataclass(frozen=True)
class Fact:
    """A word about each instrument: `labels[codes[i, t]]`; −1 where unknown.

    `codes` has the shape (instruments, times), or (instruments, 1) when it never changes.
    """

    codes: NDArray[np.int16]
    labels: tuple[str, ...]

    def is_one_of(self, words: Iterable[str]) -> Flags:
        """Return where the fact is one of these words, in the shape of `codes`."""
        asked = set(words)
        wanted = [
            number
            for number, label in enumerate(self.labels)
            if not asked.isdisjoint(label.split(SEVERAL))
        ]
        return np.isin(self.codes, np.asarray(wanted, dtype=np.int16))


@dataclass(frozen=True, eq=False)
class Panel:
    """Bars of `codes` at `times`.

    Attributes:
        codes: six-character codes, one a row, in the order of the rows.
        times: `datetime64[D]` sessions for daily bars, `datetime64[s]` starts of the bars in
            exchange time for shorter ones; strictly increasing.
        fields: name → float64 array (instruments, times), NaN where there is no bar; a mapping
            other than a dict makes its arrays when asked (`maemae.bars.kept`).
        facts: name → `Fact` (market, kind, …).
        references: market-wide series (indices, other instruments) by code, each a panel of one
            row with times of its own.
        step: length of a bar.
    """

    codes: tuple[str, ...]
    times: NDArray[np.datetime64]
    fields: Mapping[str, Floats]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    references: Mapping[str, "Panel"] = field(default_factory=dict)
    step: timedelta = DAY

    def __post_init__(self) -> None:
        shape = (len(self.codes), len(self.times))
        for name in REQUIRED:
            if name not in self.fields:
                raise DataError(
                    _("the bars have no column {name!r}; a panel needs {required}").format(
                        name=name, required=REQUIRED
                    )
                )
        made = self.fields.items() if isinstance(self.fields, dict) else ()
        for name, array in made:
            if array.shape != shape or array.dtype != np.float64 or not array.flags.c_contiguous:
                raise DataError(
                    _(
                        "field {name!r} must be a contiguous float64 array of shape {shape}, not "
                        "{dtype} {shape2}"
                    ).format(name=name, shape=shape, dtype=array.dtype, shape2=array.shape)
                )
        if len(self.times) > 1 and not bool((self.times[1:] > self.times[:-1]).all()):
            raise DataError(_("the times of a panel must be strictly increasing"))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of instruments and of times."""
        return len(self.codes), len(self.times)

    @property
    def daily(self) -> bool:
        """Whether a bar is a session or longer."""
        return self.step >= DAY

    @cached_property
    def present(self) -> Flags:
        """Where an instrument has a bar: shape (instruments, times)."""
        close: Floats = self.fields["close"]
        return ~np.isnan(close)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each code."""
        return {code: row for row, code in enumerate(self.codes)}

    @cached_property
    def fingerprint(self) -> str:
        """Hexadecimal digits that tell these bars from all others: codes, times, every field."""
        digest = blake2b(digest_size=8)
        for part in (" ".join(self.codes).encode(), self.times.tobytes(), self.packed.columns.data):
            digest.update(part)
        for name in sorted(self.fields):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.packed.field(name)).data)
        return digest.hexdigest()

    @cached_property
    def packed(self) -> "Packed":
        """The same bars without the gaps (computed once)."""
        return Packed.of(self)

    def first(self, count: int) -> "Panel":
        """Return the panel as it stood after its first `count` times."""
        return self.window(0, count)

    def _fields_of(self, start: int, stop: int) -> Mapping[str, Floats]:
        if isinstance(self.fields, Spread):
            return self.fields.window(start, stop)
        return {
            name: np.ascontiguousarray(array[:, start:stop]) for name, array in self.fields.items()
        }

    def window(self, start: int, stop: int) -> "Panel":
        """Return the bars at times `start` to `stop` (exclusive); references are cut at the end.

        References keep their whole past, for they have a history of their own.
        """
        times = self.times[start:stop]
        references = self.references
        if len(times):
            references = {
                code: other.first(int(np.searchsorted(other.times, times[-1], side="right")))
                for code, other in self.references.items()
            }
        return Panel(
            codes=self.codes,
            times=times,
            fields=self._fields_of(*slice(start, stop).indices(self.shape[1])[:2]),
            facts={
                name: Fact(
                    fact.codes if fact.codes.shape[1] == 1 else fact.codes[:, start:stop],
                    fact.labels,
                )
                for name, fact in self.facts.items()
            },
            references=references,
            step=self.step,
        )

    def rows(self, rows: Sequence[int]) -> "Panel":
        """Return the panel of some of the instruments, by row number."""
        chosen = np.asarray(rows, dtype=np.int64)
        return Panel(
            codes=tuple(self.codes[row] for row in rows),
            times=self.times,
            fields=self.fields.rows(chosen)
            if isinstance(self.fields, Spread)
            else {name: array[chosen] for name, array in self.fields.items()},
            facts={
                name: Fact(fact.codes[chosen], fact.labels) for name, fact in self.facts.items()
            },
            references=self.references,
            step=self.step,
        )

    @classmethod
    def from_frame(
        cls,
        frame: "pl.DataFrame",
        *,
        indices: "pl.DataFrame | None" = None,
        step: timedelta = DAY,
    ) -> "Panel":
        """Build a panel from bars in rows, as `maemae.bars.read_daily` returns them.

        Args:
            frame: columns `date` (or `ts` for shorter bars), `code`, open, high, low, close,
                volume and any of value, market_cap, shares, market, kind, sector, name. A row
                without a positive open and close is a halted day and no bar.
            indices: bars of market-wide series in the same columns, for `Panel.references`.
            step: length of a bar.

        Raises:
            DataError: a column is missing, or a code has two bars at one time.
        """
        from maemae.bars.frames import panel_of  # noqa: PLC0415 - polars is slow to load

        return panel_of(frame, indices, step)


@dataclass(frozen=True, eq=False)
class Packed:
    """The bars of a panel that exist, instrument after instrument, without the gaps.

    Attributes:
        offsets: the bars of instrument i are `offsets[i]:offsets[i + 1]`.
        columns: the time (column of the panel) of each bar.
        whole: whether there are no gaps at all, so that packing is a mere view.
    """

    panel: Panel
    offsets: Indexes
    columns: NDArray[np.int32]
    whole: bool
    _cache: dict[str, Floats] = field(default_factory=dict)
    _integral: dict[str, bool] = field(default_factory=dict)
    _positive: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, panel: Panel) -> "Packed":
        """Pack a panel."""
        if isinstance(panel.fields, Spread):
            offsets, columns = panel.fields.offsets, panel.fields.columns
            return cls(panel, offsets, columns, len(columns) == panel.shape[0] * panel.shape[1])
        present = panel.present
        counts = present.sum(axis=1)
        offsets = np.zeros(len(counts) + 1, dtype=np.int64)
        np.cumsum(counts, out=offsets[1:])
        columns = np.broadcast_to(np.arange(panel.shape[1], dtype=np.int32), panel.shape)
        return cls(panel, offsets, columns[present], bool(offsets[-1] == present.size))

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def field(self, name: str) -> Floats:
        """Return a field of the bars, packed (computed once)."""
        if name not in self._cache:
            if name not in self.panel.fields:
                raise DataError(
                    _("a rule asks for {name!r}, which these bars do not have").format(name=name)
                )
            if isinstance(self.panel.fields, Spread):
                self._cache[name] = self.panel.fields.packed[name]
                return self._cache[name]
            array = self.panel.fields[name]
            self._cache[name] = array.reshape(-1) if self.whole else array[self.panel.present]
        return self._cache[name]

    def integral(self, name: str) -> bool:
        """Whether a field holds whole numbers only, so that its sums are exact (found once)."""
        if name not in self._integral:
            values = self.field(name)
            self._integral[name] = bool((values == np.rint(values)).all())
        return self._integral[name]

    def positive(self, name: str) -> bool:
        """Whether every value of a field is above zero (found once)."""
        if name not in self._positive:
            self._positive[name] = bool((self.field(name) > 0).all())
        return self._positive[name]

    def flags(self, name: str, words: Iterable[str]) -> Flags:
        """Return where a fact of the instrument is one of these words, packed."""
        if name not in self.panel.facts:
            raise DataError(
                _("a rule asks for {name!r}, which these bars do not have").format(name=name)
            )
        flags = self.panel.facts[name].is_one_of(words)
        if flags.shape[1] == 1:
            return np.repeat(flags[:, 0], np.diff(self.offsets))
        return flags[self.panel.present]

    @cached_property
    def by_time(self) -> tuple[Indexes, Indexes]:
        """Positions of the bars ordered by time, and where each time starts among them."""
        order = np.argsort(self.columns, kind="stable")
        starts = np.searchsorted(self.columns[order], np.arange(self.panel.shape[1] + 1))
        return order, starts

    def spread(self, values: NDArray[T], fill: Any) -> NDArray[T]:
        """Return packed values in the shape of the panel, `fill` where there is no bar."""
        if self.whole:
            return values.reshape(self.panel.shape)
        out = np.full(self.panel.shape, fill, dtype=values.dtype)
        out[self.panel.present] = values
        return out


class Spread(Mapping[str, Floats]):
    """Packed fields in the shape of a panel, spread when they are asked for.

    Attributes:
        packed: the fields without gaps, instrument after instrument.
        offsets, columns: as in `Packed`.
    """

    def __init__(
        self,
        packed: Mapping[str, Floats],
        offsets: Indexes,
        columns: NDArray[np.int32],
        shape: tuple[int, int],
    ) -> None:
        self.packed = packed
        self.offsets, self.columns, self._shape = offsets, columns, shape
        self._spread: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._spread:
            rows = np.repeat(np.arange(self._shape[0]), np.diff(self.offsets))
            out = np.full(self._shape, np.nan)
            out[rows, self.columns] = self.packed[name]
            self._spread[name] = out
        return self._spread[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)

    def __contains__(self, name: object) -> bool:
        return name in self.packed

    def window(self, start: int, stop: int) -> "Spread":
        """Return the bars of some columns, without spreading them."""
        runs = []
        for begin, end in pairwise(self.offsets.tolist()):
            first, last = begin + np.searchsorted(self.columns[begin:end], [start, stop])
            runs.append(slice(int(first), int(max(first, last))))
        return self._of(runs, start, max(stop - start, 0))

    def rows(self, chosen: Indexes) -> "Spread":
        """Return the bars of some rows, without spreading the others."""
        runs = [slice(int(self.offsets[row]), int(self.offsets[row + 1])) for row in chosen]
        return self._of(runs, 0, self._shape[1])

    def _of(self, runs: list[slice], start: int, count: int) -> "Spread":
        sizes = [run.stop - run.start for run in runs]
        offsets = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int64)
        columns = _joined(self.columns, runs) - np.int32(start)
        return Spread(_Runs(self.packed, runs), offsets, columns, (len(runs), count))


class _Runs(Mapping[str, Floats]):
    """Parts of packed fields, put together when they are asked for."""

    def __init__(self, packed: Mapping[str, Floats], runs: list[slice]) -> None:
        self._packed, self._runs = packed, runs
        self._found: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._found:
            self._found[name] = _joined(self._packed[name], self._runs)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, name: object) -> bool:
        return name in self._packed


def _joined(values: NDArray[T], runs: list[slice]) -> NDArray[T]:
    return np.concatenate([values[:0], *(values[run] for run in runs)])
