"""Mutation testing of the trading core: change a line of it and see whether a test notices.

The mutants are those of mutmut 3 (its operators), but of whole modules: the tables and limits at
module level are what counts here, and mutmut itself mutates nothing but functions. Each mutant
runs the desk's table tests in a forked child that has everything heavy imported already; nothing
on the disk is changed. `make mutation` runs them all, `--seconds` a sample.
"""

import argparse
import importlib
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("orders", "guard", "reconciling")
HEAVY = ("hypothesis", "msgspec", "maemae.market.instruments")
PATIENCE = 20
"""Seconds of processor time after which a mutant is taken to run in circles."""

LONGEST = 600
"""Seconds of real time after which it is taken to wait for ever."""

OPTIONS = ("-x", "-q", "--assert=plain", "--import-mode=importlib", "-p", "no:cacheprovider")
GOAL = 90
UNTOUCHED = (cst.Import, cst.ImportFrom, cst.Annotation, cst.Decorator)


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    line: int
    source: str
    before: str
    after: str

    @property
    def name(self) -> str:
        """Where and what, for people."""
        return f"desk/{self.module}.py:{self.line}: {self.before}  =>  {self.after}"


def mutants(module: str) -> Iterator[Mutant]:
    """Yield all mutants of a module of the desk."""
    text = (ROOT / "src" / "maemae" / "desk" / f"{module}.py").read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    parts = [wrapper.module.code_for_node(part) for part in wrapper.module.body]
    if "".join(parts) != text:
        raise SystemExit(f"{module}.py begins or ends with a comment of its own")
    for at, part in enumerate(wrapper.module.body):
        seen = {parts[at]}
        for node in _nodes(part):
            for changed in _changes(node):
                # Only the function around it is written anew: the whole module takes a second.
                code = wrapper.module.code_for_node(part.deep_replace(node, changed))
                if code not in seen:
                    seen.add(code)
                    source = "".join([*parts[:at], code, *parts[at + 1 :]])
                    yield Mutant(module, positions[node].start.line, source, *_diff(text, source))


def _changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what can be changed: no import, annotation or docstring."""
    if isinstance(node, UNTOUCHED) or _is_text(node):
        return
    yield node
    for child in node.children:
        yield from _nodes(child)


def _is_text(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString)


def _diff(text: str, source: str) -> tuple[str, str]:
    """Return the changed lines before and after, each as one line."""
    old, new = text.splitlines(), source.splitlines()
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    same = next((n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    return _line(old[same:]), _line(new[same:])


def _line(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives out a mutant instead of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = f"maemae.desk.{mutant.module}"
        self._source = mutant.source

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def create_module(self, spec: ModuleSpec) -> None:
        del spec

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._name, "exec"), module.__dict__)  # noqa: S102


def tests(module: str) -> list[list[str]]:
    """Return the table made for a module, and then the other tests of the desk."""
    files = sorted((ROOT / "tests" / "desk").glob("test_*.py"))
    own = [str(file) for file in files if file.stem == f"test_{module}"]
    rest = [str(file) for file in files if str(file) not in own]
    return [own, rest]


class _NothingByChance:
    """Leaves out the tests chosen by chance: by them a mutant could live today and die tomorrow."""

    @staticmethod
    def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
        items[:] = [
            one
            for one in items
            if not getattr(getattr(one, "obj", None), "is_hypothesis_test", False)
        ]


def _child(mutant: Mutant | None) -> None:
    """Run the tests on a mutant and end the process: 0 lived, else killed."""
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    signal.alarm(LONGEST)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if mutant is not None:
        sys.meta_path.insert(0, _Changed(mutant))
    # The tables need no plugin and none of the project's options; both take longer than they do.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = [*OPTIONS, "-c", os.devnull, "--rootdir", str(ROOT), "-W", "error"]
    status = 0
    try:
        for files in tests(mutant.module if mutant is not None else MODULES[0]):
            status = status or int(pytest.main([*options, *files], [_NothingByChance()]))
    except BaseException:  # noqa: BLE001 - whatever a mutant does to the runner, it is noticed
        status = 1
    os._exit(status)


def run(chosen: Sequence[Mutant | None], jobs: int, seconds: float) -> dict[Mutant | None, bool]:
    """Run mutants side by side until all are done or the time is over; say which were killed."""
    ends = time.monotonic() + seconds
    waiting = list(reversed(chosen))
    running: dict[int, Mutant | None] = {}
    killed: dict[Mutant | None, bool] = {}
    while running or (waiting and time.monotonic() < ends):
        while waiting and len(running) < jobs and time.monotonic() < ends:
            mutant = waiting.pop()
            child = os.fork()
            if child == 0:
                _child(mutant)
            running[child] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        killed[mutant] = status != 0
        if mutant is not None and status == 0:
            print("lived:", mutant.name, flush=True)
    return killed


def equivalents() -> dict[tuple[str, str, str], str]:
    """Return the mutants that change nothing that could be seen, with the reason."""
    text = (ROOT / "tools" / "equivalent_mutants.toml").read_text(encoding="utf-8")
    return {
        (one["module"], one["before"], one["after"]): one["reason"]
        for one in tomllib.loads(text)["mutant"]
    }


def main() -> int:
    """Print the figures and what lived; exit status 1 below the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--module", choices=MODULES, action="append")
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for name in HEAVY:
        importlib.import_module(name)
    importlib.import_module("maemae.market.calendar").krx()
    if run([None], 1, float("inf"))[None]:
        print("the tests fail on the code as it is: mend that first", file=sys.stderr)
        return 2
    known = equivalents()
    every = [one for name in given.module or MODULES for one in mutants(name)]
    same = [one for one in every if (one.module, one.before, one.after) in known]
    chosen = [one for one in every if one not in set(same)]
    random.Random(given.seed).shuffle(chosen)
    began = time.monotonic()
    killed = run(chosen, given.jobs, given.seconds)
    counts = Counter((m.module, dead) for m, dead in killed.items() if m)
    for name in given.module or MODULES:
        dead, alive = counts[name, True], counts[name, False]
        print(f"{name:<12}{dead:>5} of {dead + alive:>4} killed")
    dead = sum(killed.values())
    percent = 100 * dead / max(1, len(killed))
    print(
        f"mutants: {dead} of {len(killed)} killed, {percent:.1f} % (goal {GOAL} %); "
        f"{len(every)} in all, {len(same)} of them equivalent; "
        f"{time.monotonic() - began:.0f} s, seed {given.seed}"
    )
    return 0 if percent >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
