"""Panels kept on disk as they lie in memory, and mapped: bars that are ready in milliseconds.

A folder holds one `.npy` file per field with the bars that exist, instrument after instrument, and
`index.json` with codes, words and the content's fingerprint. Mapped pages are shared by all
processes that read them; a field nobody asks for is never read. `panel_of` keeps such a folder for
each source and makes it anew when one of the source's files has changed.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import numpy as np
import polars as pl
from filelock import FileLock

from maemae import durable
from maemae.bars.adjust import adjusted
from maemae.bars.aside import Aside
from maemae.bars.blocks import GIGABYTES, Block
from maemae.bars.daily import daily_files, read_daily
from maemae.bars.frames import references_of
from maemae.bars.minute_files import lengthened, minute_blocks, minute_sources, read_minutes
from maemae.bars.panel import DAY, Fact, Packed, Panel, Spread
from maemae.bars.panel_months import OldMonths, made_of, to_read, unchanged
from maemae.bars.panel_writer import INDEX, PanelWriter, remove_leftovers
from maemae.bars.schema import PRICES
from maemae.bars.store import BarStore
from maemae.errors import DataError
from maemae.i18n import _

T = TypeVar("T")

_ATTEMPTS = 5
_VERSION = 2
"""Of the layout; kept panels of another one are made anew."""


def panel_of(
    sources: Sequence[Path],
    build: Callable[[], Panel],
    cache: Path,
    aside: Aside | None = None,
) -> Panel:
    """Return the panel kept for some files, or build and keep it.

    Args:
        sources: every file that the panel is made of; its name, size and time of change count.
        build: reads them.
        cache: folder of all kept panels; made where missing.
        aside: what `build` hands the rows that it sets aside; told of a kept panel, too. Without
            it a panel for which rows were set aside is built anew, so that `build` refuses them.

    Raises:
        OSError: a source is gone, or the cache cannot be written.
    """

    def write(folder: Path, made: Mapping[str, Any], _before: Path) -> None:
        save_panel(build(), folder, made, None if aside is None else aside.as_data())

    return _kept(sources, sources, write, cache, aside)


def _kept(
    names: Sequence[Path],
    sources: Sequence[Path],
    write: Callable[[Path, Mapping[str, Any], Path], None],
    cache: Path,
    aside: Aside | None,
    *,
    more: Mapping[str, Any] | None = None,
) -> Panel:
    """Return the panel kept under some names, or have it written into an empty folder.

    Args:
        names: what it is called by: its sources, or the store whose files come and go.
        sources: as for `panel_of`.
        write: is told where to, what the panel is made of, and where the one before is, if any.
        cache: as for `panel_of`.
        aside: the same.
        more: what else it is made of, as JSON has it.
    """
    named = blake2b("\n".join(str(path.resolve()) for path in names).encode(), digest_size=8)
    folder = cache / named.hexdigest()
    state = [[path.stat().st_size, path.stat().st_mtime_ns] for path in sources]
    made = {"version": _VERSION, "state": state, **(more or {})}
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{folder.name}.lock"):
        kept = _index(folder)
        found = kept.get("aside")
        if kept.get("made") != made or (aside is None and found):
            _replace(folder, lambda fresh: write(fresh, made, folder))
        elif aside is not None and found:
            aside.take(found)
        return load_panel(folder)


def daily_panel(
    path: Path,
    cache: Path,
    aside: Aside | None = None,
    *,
    indices: Path | None = None,
    gigabytes: float = GIGABYTES,
) -> Panel:
    """Return daily bars as a panel, kept from call to call.

    Of a `BarStore` prices are adjusted as seen from the last day and rounded to whole won, some
    codes at a time; a file or folder is taken as it is.

    Args:
        path: root of a store, a Parquet or CSV file, or a folder of them.
        cache: as in `panel_of`.
        aside: as in `read_daily`.
        indices: Parquet file of the indices, for `Panel.references`.
        gigabytes: memory that making it from a store may take.

    Raises:
        DataError: as `read_daily`, or no file of indices.
    """
    if indices is not None and not indices.is_file():
        raise DataError(_("{indices}: no such file").format(indices=indices))
    corrected = [file for file in [BarStore(path).trading_days] if file.is_file()]
    sources = [*daily_files(path), *corrected, *([] if indices is None else [indices])]
    others = None if indices is None else pl.read_parquet(indices)

    def write(folder: Path, made: Mapping[str, Any], _before: Path) -> None:
        store = BarStore(path)
        calendar = store.calendar()
        references = {} if others is None else references_of(others, DAY)
        _save_references(references, folder)
        with PanelWriter(folder, "date") as writer:
            for block, _rows in store.daily_blocks(gigabytes):
                writer.add(_whole(adjusted(store.daily(block=block), calendar)))
            writer.finish(references, made, None if aside is None else aside.as_data())

    if (path / "daily").is_dir():
        return _kept(sources, sources, write, cache, aside)
    return panel_of(
        sources, lambda: Panel.from_frame(read_daily(path, aside), indices=others), cache, aside
    )


def minute_panel(
    path: Path,
    cache: Path,
    minutes: int,
    aside: Aside | None = None,
    *,
    gigabytes: float = GIGABYTES,
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> Panel:
    """Return minute bars, joined to bars of so many minutes, as a panel kept from call to call.

    It is written some codes at a time, so that the minutes are never in memory together. Of a store
    only the months are read whose files have changed; the others come from the panel before.

    Args:
        path: root of a store, a Parquet file of minute bars, or a folder of them.
        cache: as in `panel_of`.
        minutes: length of a bar.
        aside: as in `read_minutes`.
        gigabytes: memory that making it may take.
        told: called with the blocks done and of all while it is made.

    Raises:
        DataError: no such file, or a row cannot be true and `aside` is left out.
    """
    files = minute_sources(path)

    def write(folder: Path, made: Mapping[str, Any], before: Path) -> None:
        same = unchanged(made, _index(before))
        old = OldMonths(load_panel(before), same) if same else None
        strange = Aside() if aside is None else aside

        def cut(there: Sequence[Path]) -> list[Block]:
            files = to_read(there, made, same)
            return minute_blocks(files, gigabytes, [] if old is None else [old.rows()])

        def bars_of(block: Block, there: Sequence[Path]) -> pl.DataFrame:
            bars = lengthened(read_minutes(to_read(there, made, same), strange, block), minutes)
            return bars if old is None else old.joined(bars, block)

        everything = _settled(path, cut)
        with PanelWriter(folder, "ts", timedelta(minutes=minutes)) as writer:
            for number, block in enumerate(everything):
                told(number, len(everything))
                writer.add(_settled(path, partial(bars_of, block)))
            if aside is None:
                strange.refuse()
            told(len(everything), len(everything))
            writer.finish({}, made, None if aside is None else aside.as_data())

    names = [path] if (path / "minute").is_dir() else files
    return _kept(names, files, write, cache / f"{minutes}m", aside, more=made_of(files))


def _settled(path: Path, read: Callable[[Sequence[Path]], T]) -> T:
    """Read the files of a path, again where a store has joined some of them meanwhile."""
    for _attempt in range(_ATTEMPTS):
        files = minute_sources(path)
        try:
            return read(files)
        except DataError:
            if minute_sources(path) == files:
                raise
    return read(minute_sources(path))


def _whole(bars: pl.DataFrame) -> pl.DataFrame:
    """Round adjusted prices and volumes; what traded stays above zero."""
    columns = [pl.col(name) for name in (*PRICES, "volume")]
    return bars.with_columns(
        pl.when(column > 0).then(column.round().clip(1)).otherwise(0).cast(pl.Int64)
        for column in columns
    )


def save_panel(
    panel: Panel,
    folder: Path,
    made: Mapping[str, Any] | None = None,
    aside: Mapping[str, Any] | None = None,
) -> None:
    """Write a panel into an empty folder; its references go below it."""
    packed = panel.packed
    np.save(folder / "times.npy", panel.times)
    np.save(folder / "offsets.npy", packed.offsets)
    np.save(folder / "columns.npy", packed.columns)
    for name in panel.fields:
        np.save(folder / f"field-{name}.npy", packed.field(name))
    for name, fact in panel.facts.items():
        np.save(folder / f"fact-{name}.npy", fact.codes)
    _save_references(panel.references, folder)
    index = {
        "codes": panel.codes,
        "fields": list(panel.fields),
        "labels": {name: fact.labels for name, fact in panel.facts.items()},
        "references": list(panel.references),
        "step": panel.step.total_seconds(),
        "integral": {name: packed.integral(name) for name in panel.fields},
        "positive": {name: packed.positive(name) for name in panel.fields},
        "fingerprint": panel.fingerprint,
        "made": made,
        "aside": aside,
    }
    (folder / INDEX).write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")


def _save_references(references: Mapping[str, Panel], folder: Path) -> None:
    for number, other in enumerate(references.values()):
        (folder / f"reference-{number}").mkdir()
        save_panel(other, folder / f"reference-{number}")


def load_panel(folder: Path) -> Panel:
    """Map the panel of a folder; nothing is read before it is used."""
    index = _index(folder)
    codes = tuple(index["codes"])

    def mapped(name: str) -> Any:
        # Copy on write: compiled loops know read-only arrays as another type, to be compiled again.
        array = np.load(folder / f"{name}.npy", mmap_mode="c")
        return array.view(np.ndarray)

    times, offsets, columns = mapped("times"), mapped("offsets"), mapped("columns")
    fields = {name: mapped(f"field-{name}") for name in index["fields"]}
    spread = Spread(fields, offsets, columns, (len(codes), len(times)))
    panel = Panel(
        codes=codes,
        times=times,
        fields=spread,
        facts={
            name: Fact(mapped(f"fact-{name}"), tuple(labels))
            for name, labels in index["labels"].items()
        },
        references={
            code: load_panel(folder / f"reference-{number}")
            for number, code in enumerate(index["references"])
        },
        step=timedelta(seconds=index["step"]),
    )
    whole = len(columns) == len(codes) * len(times)
    known = fields, index["integral"], index["positive"]
    panel.__dict__["packed"] = Packed(panel, offsets, columns, whole, *known)
    panel.__dict__["fingerprint"] = index["fingerprint"]
    return panel


def _index(folder: Path) -> dict[str, Any]:
    """Return what a folder holds; nothing where it is missing or torn, and will be made anew."""
    path = folder / INDEX
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found


def _replace(folder: Path, write: Callable[[Path], None]) -> None:
    """Write beside the folder and put it in its place, so that a crash leaves the old or none."""
    remove_leftovers(folder)
    fresh = Path(mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        write(fresh)
        durable.sync(fresh)  # Its index would vouch for fields that a power cut has left empty.
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
