"""Finding strategies by name: presets, and the person's own files.

Own strategies live in one folder: `*.py` (every `Strategy` at the top level of the file), `*.toml`
and `*.json` (one table each) and `*.kis.yaml`. A broken file is reported with its line and disables
itself alone.
"""

import importlib.util
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from maemae.i18n import _
from maemae.reading import SETTINGS, parse_json, parse_toml, read_text, real
from maemae.strategy.declare import Strategy
from maemae.strategy.kisyaml import read
from maemae.strategy.presets import PRESETS
from maemae.strategy.store import from_table
from maemae.strategy.tree import RuleError

SUFFIXES = (".py", ".toml", ".json", ".kis.yaml")


@dataclass(frozen=True)
class Broken:
    """A file that cannot be used, and why."""

    path: Path
    reason: str


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        strategies: by name, with the file each came from.
        broken: files that could not be used.
    """

    strategies: dict[str, tuple[Strategy, Path]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)


def own_folder() -> Path:
    """Return where a person's own strategies are kept unless another folder is named."""
    return platformdirs.user_config_path("maemae") / "strategies"


def search(folder: Path) -> Found:
    """Return the strategies in a folder; a folder that is not there holds none."""
    found = Found()
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        if not path.name.endswith(SUFFIXES) or path.name.startswith((".", "_")):
            continue
        try:
            for strategy in load(path):
                _take(found, strategy, path)
        except RuleError as error:
            found.broken.append(Broken(path, str(error)))
    return found


def _take(found: Found, strategy: Strategy, path: Path) -> None:
    other = found.strategies.get(strategy.name)
    if strategy.name in PRESETS:
        raise RuleError(
            _("{path}: {name} is the name of a preset; choose another").format(
                path=path, name=strategy.name
            )
        )
    if other is not None:
        raise RuleError(
            _("{path}: {name} is already in {name2}").format(
                path=path, name=strategy.name, name2=other[1].name
            )
        )
    found.strategies[strategy.name] = (strategy, path)


def load(path: Path) -> list[Strategy]:
    """Return the strategies of one file.

    Raises:
        RuleError: the file cannot be used; the message names file and line.
    """
    try:
        return _load(path)
    except RuleError as error:
        if path.name in str(error):
            raise
        raise RuleError(f"{path}: {error}") from error


def _load(path: Path) -> list[Strategy]:
    if path.name.endswith(".kis.yaml"):
        return [read(path).strategy()]
    if path.suffix == ".py":
        return _load_python(path)
    text = read_text(path, SETTINGS, RuleError)
    if path.suffix == ".toml":
        return [from_table(parse_toml(text, str(path), RuleError), str(path))]
    return [from_table(parse_json(text, str(path), RuleError, real), str(path))]


def _load_python(path: Path) -> list[Strategy]:
    name = f"maemae_strategy_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RuleError(_("{path}: not a Python file").format(path=path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - a person's file may fail in any way
        raise RuleError(f"{path}:{_line(error, path)}: {type(error).__name__}: {error}") from None
    finally:
        del sys.modules[name]
    strategies = [value for value in vars(module).values() if isinstance(value, Strategy)]
    if not strategies:
        raise RuleError(_("{path}: no Strategy at the top level of the file").format(path=path))
    return list({strategy.name: strategy for strategy in strategies}.values())


def _line(error: Exception, path: Path) -> int:
    if isinstance(error, SyntaxError):
        return error.lineno or 1
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return lines[-1] or 1 if lines else 1


def find(name: str, folder: Path) -> Strategy:
    """Return a strategy by preset name, own name, or path of a file.

    Raises:
        RuleError: there is none, or its file is broken.
    """
    if name in PRESETS:
        return PRESETS[name]
    path = Path(name)
    if name.endswith(SUFFIXES):
        strategies = load(path)
        if len(strategies) > 1:
            names = ", ".join(strategy.name for strategy in strategies)
            raise RuleError(
                _("{path} holds several strategies ({names}); ask for one by name").format(
                    path=path, names=names
                )
            )
        return strategies[0]
    found = search(folder)
    if name in found.strategies:
        return found.strategies[name][0]
    for broken in found.broken:
        if broken.path.name.split(".")[0] == name:
            raise RuleError(broken.reason)
    known = ", ".join([*found.strategies, *PRESETS])
    raise RuleError(
        _("there is no strategy {name!r}; there are {known}").format(name=name, known=known)
    )
