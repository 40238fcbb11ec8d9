"""Planted defects: break the trader on purpose, as a bug would, and see whether the proof notices.

The catalogues in `tools/defects/` hold realistic mistakes of the kinds that lose money, by class:
a piece of a source file, and what stands there instead. Each is planted alone into a forked child
that has everything heavy loaded already, and there the simulation runs a few short seeds
(`maemae.proof.simulate`), nothing else: no unit test looks. Some are ordinary ones, the others are
crowded with one kind of trouble (`maemae.proof.scenes`). A defect is seen when a seed ends with a
violation. Nothing on the disk is changed.

What each came to the last time is kept in `tools/defects/verdicts.jsonl`: the seed that saw a
defect goes first, and one that was seen and is not seen any more is a failure.

    python tools/defects.py                      the whole catalogue
    python tools/defects.py --again --sample 20  twenty of those that were seen the last time
    python tools/defects.py --sample 20          twenty of them, drawn by --seed
    python tools/defects.py --only retry-7       one of them, with its violation
    python tools/defects.py --kept               what each class came to the last time; plants none
"""

import argparse
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
CATALOGUE = ROOT / "tools" / "defects"
GOAL = 90
LEAST = 70
"""So many of a hundred that were seen before must be seen again."""

ORDINARY = "seed"
"""The scene that is none: what `maemae prove simulate` does."""

SEEDS = (5, 2, 8, 11, 10, 14, 13, 22, 18, 6, 19, 32, 38, 7)
"""Of each way in which a broker lists orders, of one day and of two, and four with tight limits."""

CROWDED = {
    "people": (0, 1, 4, 5, 6),
    "refusals": (7, 15, 31),
    "doubt": (0, 3, 6, 10),
    "slips": (0, 1, 6),
    "rash": (0, 2),
    "closing": (0,),
    "calm": (0, 1),
    "alike": (1, 3),
    "prices": (1, 2),
    "nights": (1, 3, 6, 7),
    "owner": (1, 3),
    "deaf": (1, 2),
    "wired": (0, 1, 2),
}
"""Seeds of each scene."""

HOURS = 0.12
CIRCLES = 6
"""A child that takes so many times what a sound one takes runs in circles; that counts as seen."""

RELOADED = ("desk", "trader", "ledger", "kis", "proof", "strategy", "service")
"""Rooms that a child loads anew: a defect may lie in them or in what they took from them."""


EMPTY: Mapping[str, "Verdict"] = {}


@dataclass(frozen=True, slots=True)
class Defect:
    """One mistake: in a file under `src`, `after` stands instead of `before`."""

    name: str
    kind: str
    file: str
    before: str
    after: str
    why: str = ""
    """What it would do to a person's money."""
    explained: str = ""
    """Why the simulation cannot see it, where that is so."""

    @property
    def module(self) -> str:
        """The module that holds it."""
        return self.file.removesuffix(".py").replace("/", ".")

    def source(self) -> str:
        """Return the file with the defect in it.

        Raises:
            ValueError: the piece is not there, or more than once.
        """
        text = (SRC / self.file).read_text(encoding="utf-8")
        if (found := text.count(self.before)) != 1:
            raise ValueError(f"{self.name}: its text stands {found} times in {self.file}")
        return text.replace(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a defect: the violation, and the events until it was seen (or in all)."""

    name: str
    said: str
    events: int
    seconds: float

    @property
    def seen(self) -> bool:
        """Whether the proof noticed."""
        return bool(self.said)


def read(path: Path) -> list[Defect]:
    """Return the defects of a catalogue."""
    return [Defect(**one) for one in tomllib.loads(path.read_text(encoding="utf-8"))["defect"]]


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives out a module with a defect in it."""

    def __init__(self, defect: Defect) -> None:
        self._name = defect.module
        self._file = str(SRC / defect.file)
        self._source = defect.source()

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._file, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        del spec

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._file, "exec"), module.__dict__)  # noqa: S102


def kept(path: Path) -> dict[str, Verdict]:
    """Return the verdicts of an earlier run, by name; of two of a defect the later."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {one.name: one for one in (Verdict(**json.loads(line)) for line in lines)}


def _room(module: str) -> str:
    return module.split(".")[1] if module.startswith("maemae.") else ""


def _simulation(defect: Defect | None) -> Any:
    """Load the simulation with a defect in it; the made-up market is kept as it was."""
    old = sys.modules["maemae.proof.simulate"]
    if defect is not None:
        sys.meta_path.insert(0, _Planted(defect))
        # What lies deeper is loaded anew with all that stands on it: of two classes of one name
        # neither is the other, and then nothing is traded, and nothing wrong.
        every = _room(defect.module) not in RELOADED
        for name in [name for name in sys.modules if _room(name)]:
            if every or _room(name) in RELOADED:
                del sys.modules[name]
    new: Any = importlib.import_module("maemae.proof.simulate")
    if defect is not None and _room(defect.module) in RELOADED:
        for name in ("_history", "_bars"):
            if hasattr(old, name):
                setattr(new, name, getattr(old, name))
    return new


def _child(defect: Defect | None, answer: int, before: Verdict | None, most: float) -> None:
    """Simulate with a defect, write the verdict and end the process."""
    if most:
        signal.setitimer(signal.ITIMER_PROF, most)
    began, events, said = time.process_time(), 0, ""
    try:
        simulation = _simulation(defect)
        scenes: Any = importlib.import_module("maemae.proof.scenes")
        plans = {ORDINARY: simulation.Plan(hours=HOURS), **scenes.SCENES}
        for scene, seed in _order(before):
            outcome = simulation.simulate(seed, plans[scene])
            events += outcome.events
            if outcome.violation:
                said = f"{scene} {seed}: {outcome.violation}"
                break
    except Exception as error:  # noqa: BLE001 - a program that does not even start is noticed
        said = f"{type(error).__name__}: {error}"
    name = defect.name if defect is not None else ""
    verdict = Verdict(name, said, events, time.process_time() - began)
    os.write(answer, json.dumps(asdict(verdict)).encode()[:60_000])
    os._exit(0)


def _order(before: Verdict | None) -> list[tuple[str, int]]:
    """Return scenes with their seeds, that first which saw the defect the last time."""
    told = before.said.partition(":")[0] if before is not None else ""
    crowded = [(scene, seed) for scene, seeds in CROWDED.items() for seed in seeds]
    every = [*crowded, *((ORDINARY, seed) for seed in SEEDS)]
    return sorted(every, key=lambda one: f"{one[0]} {one[1]}" != told)


def run(
    defects: Sequence[Defect | None],
    jobs: int,
    seconds: float,
    *,
    out: Path | None = None,
    before: Mapping[str, Verdict] = EMPTY,
    most: float = 0.0,
) -> list[Verdict]:
    """Plant defects side by side until all are done or the time is over.

    Args:
        defects: which; None runs without one.
        jobs: children at once.
        seconds: after which no more are begun.
        out: each verdict is added to this file as soon as it is there.
        before: verdicts of an earlier run, by name: they only say which seed goes first.
        most: processor seconds of a child, 0 for as many as it takes.
    """
    ends = time.monotonic() + seconds
    waiting, verdicts = list(reversed(defects)), list[Verdict]()
    running: dict[int, tuple[Defect | None, int]] = {}
    while running or (waiting and time.monotonic() < ends):
        while waiting and len(running) < jobs and time.monotonic() < ends:
            defect = waiting.pop()
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                name = defect.name if defect is not None else ""
                _child(defect, writing, before.get(name), most)
            os.close(writing)
            running[child] = (defect, reading)
        child, status = os.wait()
        defect, reading = running.pop(child)
        with os.fdopen(reading, "rb") as pipe:
            text = pipe.read()
        name = defect.name if defect is not None else ""
        ended = Verdict(name, f"ended with status {status}", 0, most)
        verdict = Verdict(**json.loads(text)) if text else ended
        verdicts.append(verdict)
        if out is not None:
            with out.open("a", encoding="utf-8") as file:
                print(json.dumps(asdict(verdict), ensure_ascii=False), file=file)
        if not verdict.seen and defect is not None:
            print(f"not seen: {defect.name} ({defect.kind}): {defect.why}", flush=True)
    return verdicts


def table(defects: Sequence[Defect], verdicts: Sequence[Verdict]) -> None:
    """Print what was seen by class."""
    seen = {one.name for one in verdicts if one.seen}
    tried = [one for one in defects if any(v.name == one.name for v in verdicts)]
    can = [one for one in tried if one.name in seen or not one.explained]
    planted, found = (
        Counter(d.kind for d in some) for some in (can, [d for d in can if d.name in seen])
    )
    for kind in sorted(planted):
        print(f"{kind:<24}{found[kind]:>4} of {planted[kind]:>4}")
    percent = 100 * found.total() // max(1, planted.total())
    out = len(tried) - len(can)
    print(f"seen: {found.total()} of {planted.total()}, {percent} % (goal {GOAL} %); "
          f"{out} more cannot be seen, with the reason in the catalogue")  # fmt: skip


def main() -> int:
    """Print what was seen; status 1 where too many are not seen any more, 2 on a failing base."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE / "catalogue.toml")
    parser.add_argument("--only", action="append", help="the name of a defect")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--before", type=Path, default=CATALOGUE / "verdicts.jsonl")
    parser.add_argument("--again", action="store_true", help="only those that were seen before")
    parser.add_argument("--out", type=Path, help="add each verdict to this file, as a line of JSON")
    parser.add_argument("--kept", action="store_true", help="what is known; plant none")
    given = parser.parse_args()
    before = kept(given.before)
    seen_before = {name for name, verdict in before.items() if verdict.seen}
    defects = [one for one in read(given.catalogue) if not given.only or one.name in given.only]
    if given.kept:
        judged = [one for one in defects if one.name in before]
        table(judged, [before[one.name] for one in judged])
        for one in judged:
            if one.name not in seen_before:
                print(f"not seen: {one.name} ({one.kind}): {one.explained or one.why}")
        print(f"{len(judged)} of {len(defects)} have been planted")
        return 0
    if given.again:
        defects = [one for one in defects if one.name in seen_before]
    for one in defects:
        one.source()
    random.Random(given.seed).shuffle(defects)
    defects = defects[: given.sample]
    simulation: Any = importlib.import_module("maemae.proof.simulate")
    simulation.simulate(SEEDS[0], simulation.Plan(hours=0.01))
    (sound,) = run([None], 1, float("inf"))
    if sound.seen:
        print(f"the simulation fails without any defect: {sound.said}", file=sys.stderr)
        return 2
    began = time.monotonic()
    verdicts = run(
        defects,
        given.jobs,
        given.seconds,
        out=given.out,
        before=before,
        most=CIRCLES * sound.seconds,
    )
    if given.only:
        for each in verdicts:
            said = each.said or "not seen"
            print(each.name, said, f"({each.events:,} events, {each.seconds:.1f} s)")
    table(defects, verdicts)
    print(
        f"{len(verdicts)} of {len(defects)} planted in {time.monotonic() - began:.0f} s, "
        f"seed {given.seed}; without a defect {sound.events:,} events, {sound.seconds:.1f} s"
    )
    known = [one for one in verdicts if one.name in seen_before]
    lost = sorted(one.name for one in known if not one.seen)
    if lost:
        print(f"seen before and not any more: {', '.join(lost)}", file=sys.stderr)
    # Luck moves with every change of the trader: a few are lost to it, and not to the checkers.
    return 1 if len(lost) * 100 > (100 - LEAST) * len(known) else 0


if __name__ == "__main__":
    sys.exit(main())
