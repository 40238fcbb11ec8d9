"""Reading `*.kis.yaml`: everything is understood or refused with file, line and reason."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from maemae import reading as files
from maemae.i18n import _
from maemae.strategy.kisyaml.candles import CANDLES
from maemae.strategy.kisyaml.catalogue import INDICATORS, SYNONYMS
from maemae.strategy.kisyaml.document import (
    LOGICS,
    OPERATIONS,
    OPERATORS,
    SIGNALS,
    CandleTest,
    CandleUse,
    Comparison,
    Document,
    Group,
    IndicatorUse,
    Names,
    ParamSpec,
    Risk,
    Scalar,
)
from maemae.strategy.tree import RuleError

PERIODS = re.compile(r"(.*_)?(period\d?|fast|slow|signal|bars)$")
LONGEST = 1000
"""The longest period the official validator lets pass."""
MOST = 1e15
"""The largest number that a strategy may compare with: more than any traded value."""
MOST_PERCENT = 100
LIMITS = ("stop_loss", "take_profit", "trailing_stop")


def read(path: Path) -> Document:
    """Read a strategy file.

    Raises:
        RuleError: the file cannot be read, or a part of it is not understood; the message begins
            with file and line.
    """
    return read_text(files.read_text(path, files.YAML, RuleError), str(path))


def read_text(text: str, file: str = "<text>") -> Document:
    """Read a strategy from the text of a file; `file` is its name in messages."""
    root = files.parse_yaml(text, file, RuleError)
    if root is None:
        raise RuleError(_("{file}:1: the file is empty").format(file=file))
    return _document(Part(root, file, _("the file")))


@dataclass(frozen=True)
class Part:
    """A part of the file that knows where it stands."""

    node: yaml.Node
    file: str
    name: str

    def refuse(self, why: str) -> RuleError:
        """Return the error that names this part's place."""
        return RuleError(f"{self.file}:{self.node.start_mark.line + 1}: {self.name} {why}")

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Put this part's place before whatever a rule complains of."""
        try:
            yield
        except RuleError as error:
            raise self.refuse(_("is refused: {error}").format(error=error)) from None

    def fields(self, *allowed: str) -> "dict[str, Part]":
        """Return the entries of a map, refusing those not allowed (all are, if none is given)."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.refuse(_("must be a map of keys and values"))
        found: dict[str, Part] = {}
        for key, value in self.node.value:
            name = str(key.value)
            part = Part(value, self.file, name)
            if name in found:
                raise Part(key, self.file, name).refuse(_("stands here twice"))
            if allowed and name not in allowed:
                raise Part(key, self.file, f"{name!r}").refuse(
                    _("is unknown in {name}; known are {allowed}").format(
                        name=self.name, allowed=", ".join(allowed)
                    )
                )
            found[name] = part
        return found

    def items(self) -> "list[Part]":
        """Return the entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.refuse(_("must be a list"))
        return [
            Part(node, self.file, _("{name} entry").format(name=self.name))
            for node in self.node.value
        ]

    @property
    def value(self) -> Any:
        """The plain value."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.refuse(_("must be a single value"))
        try:
            value = yaml.SafeLoader("").construct_object(self.node)
        except (yaml.YAMLError, ArithmeticError, ValueError):
            raise self.refuse(
                _("is {brief}, which cannot be read").format(brief=files.brief(self.node.value))
            ) from None
        if isinstance(value, int | float) and not abs(value) <= MOST:
            raise self.refuse(
                _("is no usable number: {brief}").format(brief=files.brief(self.node.value))
            )
        return value

    @property
    def empty(self) -> bool:
        """Whether nothing is written here."""
        return isinstance(self.node, yaml.ScalarNode) and self.value is None

    def text(self) -> str:
        """Return the value as text; missing counts as empty."""
        return "" if self.value is None else str(self.node.value)

    def number(self) -> float | int:
        """Return a number."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.refuse(_("must be a number, not {value!r}").format(value=value))
        return value

    def scalar(self) -> Scalar:
        """Return a number or a word."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self.refuse(
                _("must be a number, a name or $param, not {value!r}").format(value=value)
            )
        return value

    def one_of(self, words: tuple[str, ...]) -> str:
        """Return one of some words."""
        if self.text() not in words:
            raise self.refuse(
                _("is {text!r}; it must be one of {words}").format(
                    text=self.text(), words=", ".join(words)
                )
            )
        return self.text()


def _text(fields: Mapping[str, Part], key: str, usual: str) -> str:
    return fields[key].text() if key in fields else usual


def _needed(part: Part, fields: Mapping[str, Part], key: str) -> Part:
    if key not in fields:
        raise part.refuse(_("lacks {key!r}").format(key=key))
    return fields[key]


def _document(root: Part) -> Document:
    top = root.fields("version", "metadata", "strategy", "risk")
    metadata = _needed(root, top, "metadata")
    about = metadata.fields("name", "description", "author", "tags", "created_at", "updated_at")
    strategy = _needed(root, top, "strategy")
    parts = strategy.fields(
        "id", "category", "params", "indicators", "candlesticks", "entry", "exit"
    )
    version = _text(top, "version", "1.0")
    if not re.fullmatch(r"[\d.]+", version):
        raise top["version"].refuse(
            _("is {version!r}; only digits and dots").format(version=version)
        )
    params = _params(parts.get("params"))
    indicators = _indicators(parts.get("indicators"), params)
    groups = {key: _needed(strategy, parts, key) for key in ("entry", "exit")}
    candles = _candles(parts.get("candlesticks"), groups.values())
    document = Document(
        name=_needed(metadata, about, "name").text(),
        id=_needed(strategy, parts, "id").text(),
        entry=Group("AND", ()),
        exit=Group("OR", ()),
        indicators=indicators,
        candlesticks=candles,
        params=params,
        risk=_risk(top.get("risk")),
        category=_text(parts, "category", "custom"),
        description=_text(about, "description", ""),
        author=_text(about, "author", "user"),
        tags=tuple(tag.text() for tag in about["tags"].items()) if "tags" in about else (),
        version=version,
    )
    names = Names(document)
    entry, leave = (_group(groups[key], names) for key in ("entry", "exit"))
    return Document(**{**vars(document), "entry": entry, "exit": leave})


def _params(part: Part | None) -> dict[str, ParamSpec]:
    found = {}
    for name, one in part.fields().items() if part else ():
        if not re.fullmatch(r"\w+", name):
            raise one.refuse(_("is no name for a parameter: letters, digits, underscore"))
        if isinstance(one.node, yaml.ScalarNode):
            found[name] = ParamSpec(one.scalar())
        else:
            parts = one.fields("default", "min", "max", "type", "description")
            bounds = {key: parts[key].number() for key in ("min", "max") if key in parts}
            found[name] = ParamSpec(
                _needed(one, parts, "default").scalar(),
                bounds.get("min"),
                bounds.get("max"),
                _text(parts, "type", ""),
                _text(parts, "description", ""),
            )
        with one.blamed():
            found[name].value(name)
    return found


def _indicators(part: Part | None, params: Mapping[str, ParamSpec]) -> tuple[IndicatorUse, ...]:
    found: dict[str, IndicatorUse] = {}
    counts: dict[str, int] = {}
    for one in part.items() if part else ():
        parts = one.fields("id", "alias", "name", "params", "output")
        written = _needed(one, parts, "id").text()
        name = SYNONYMS.get(written, written)
        if name not in INDICATORS:
            raise parts["id"].refuse(
                _("{written!r} is no indicator of the format").format(written=written)
            )
        counts[name] = counts.get(name, 0) + 1
        alias = _text(parts, "alias", "") or f"{written}_{counts[name]}"
        if alias in found:
            raise parts.get("alias", one).refuse(
                _("{alias!r} already names another indicator").format(alias=alias)
            )
        found[alias] = IndicatorUse(
            name, alias, _settings(name, parts.get("params"), params),
            _text(parts, "name", ""), _text(parts, "output", "value"),
        )  # fmt: skip
        with one.blamed():
            names = Names(_only(found[alias], params))
            names.series(alias, found[alias].output)
    return tuple(found.values())


def _only(use: IndicatorUse, params: Mapping[str, ParamSpec]) -> Document:
    """Return a document of one indicator, to try it out."""
    nothing = Group("AND", ())
    return Document("", "", nothing, nothing, indicators=(use,), params=params)


def _settings(
    name: str, part: Part | None, params: Mapping[str, ParamSpec]
) -> tuple[tuple[str, Scalar], ...]:
    usual = dict(INDICATORS[name].params)
    given = part.fields() if part else {}
    for key, value in given.items():
        if key not in usual:
            known = ", ".join(usual) or "none"
            raise value.refuse(
                _("is no parameter of {name} (it has: {known})").format(name=name, known=known)
            )
        setting = value.scalar()
        if isinstance(setting, str) and not setting.startswith("$"):
            if not isinstance(usual[key], str):
                raise value.refuse(
                    _("must be a number or $param, not {setting!r}").format(setting=setting)
                )
        elif PERIODS.match(key):
            number = _settled(setting, params)
            if isinstance(number, float) or (
                isinstance(number, int) and not 1 <= number <= LONGEST
            ):
                raise value.refuse(
                    _("must be a whole number from 1 to {longest}, not {number}").format(
                        longest=LONGEST, number=number
                    )
                )
    return tuple((key, given[key].scalar() if key in given else usual[key]) for key in usual)


def _settled(setting: Scalar, params: Mapping[str, ParamSpec]) -> Scalar:
    name = setting[1:] if isinstance(setting, str) else ""
    return params[name].default if name in params else setting


def _candles(part: Part | None, groups: Any) -> tuple[CandleUse, ...]:
    found: dict[str, CandleUse] = {}
    for one in part.items() if part else ():
        parts = one.fields("id", "alias", "name")
        name = _needed(one, parts, "id").text()
        if name not in CANDLES:
            raise parts["id"].refuse(
                _("{name!r} is no candlestick pattern of the format").format(name=name)
            )
        alias = _text(parts, "alias", "") or name
        if alias in found:
            raise one.refuse(_("{alias!r} already names another pattern").format(alias=alias))
        found[alias] = CandleUse(name, alias)
    for group in groups:
        for alias, place in _candle_names(group):
            if alias not in found:
                name = re.sub(r"_\d+$", "", alias)
                if name not in CANDLES:
                    raise place.refuse(
                        _("{alias!r} is neither declared nor a pattern's name").format(alias=alias)
                    )
                found[alias] = CandleUse(name, alias)
    return tuple(found.values())


def _candle_names(group: Part) -> Iterator[tuple[str, Part]]:
    conditions = group.fields().get("conditions")
    for one in conditions.items() if conditions else ():
        parts = one.fields()
        if "candlestick" in parts:
            yield parts["candlestick"].text(), parts["candlestick"]


def _group(part: Part, names: Names) -> Group:
    parts = part.fields("logic", "conditions")
    logic = parts["logic"].one_of(LOGICS) if "logic" in parts else "AND"
    tests = [_condition(one, names) for one in _needed(part, parts, "conditions").items()]
    if not tests:
        raise part.refuse(_("has no conditions"))
    return Group(logic, tuple(tests))


def _condition(part: Part, names: Names) -> Comparison | CandleTest:
    parts = part.fields("indicator", "output", "operator", "compare_to", "compare_output", "value",
                        "compare_scalar", "compare_operation", "candlestick", "signal")  # fmt: skip
    read_as: Callable[[Part, dict[str, Part]], Comparison | CandleTest]
    read_as = _candle_test if "candlestick" in parts else _comparison
    test = read_as(part, parts)
    with part.blamed():
        names.condition(test)
    return test


def _candle_test(_: Part, parts: dict[str, Part]) -> CandleTest:
    signal = parts["signal"].one_of(SIGNALS) if "signal" in parts else "detected"
    return CandleTest(parts["candlestick"].text(), signal)


def _comparison(part: Part, parts: dict[str, Part]) -> Comparison:
    written = _text(parts, "operator", "greater_than")
    if written not in OPERATORS:
        raise parts["operator"].refuse(
            _("{written!r} is not supported; known are {operators}").format(
                written=written, operators=", ".join(sorted(OPERATORS))
            )
        )
    right = parts.get("value", parts.get("compare_to"))
    if right is None:
        raise part.refuse(_("compares with nothing: it lacks 'compare_to' or 'value'"))
    if right is parts.get("value") and not _is_number(right.scalar()):
        raise right.refuse(
            _("must be a number or $param, not {scalar!r}").format(scalar=right.scalar())
        )
    operation = "mul"
    if "compare_operation" in parts:
        operation = parts["compare_operation"].one_of(OPERATIONS)
    scalar = parts["compare_scalar"].number() if "compare_scalar" in parts else None
    return Comparison(
        indicator=_needed(part, parts, "indicator").text(),
        operator=OPERATORS[written],
        right=right.scalar(),
        output=_text(parts, "output", "value"),
        right_output=_text(parts, "compare_output", "value"),
        scalar=scalar,
        operation=operation,
    )


def _is_number(value: Scalar) -> bool:
    return not isinstance(value, str) or value.startswith("$")


def _risk(part: Part | None) -> Risk:
    if part is None or part.empty:
        return Risk()
    parts = part.fields(*LIMITS, "max_position_size")
    percents: dict[str, float] = {}
    for key in LIMITS:
        if key not in parts:
            continue
        limit = parts[key].fields("enabled", "percent")
        if "enabled" in limit and limit["enabled"].value is True:
            percent = _needed(parts[key], limit, "percent").number()
            if not 0 < percent < MOST_PERCENT:
                raise limit["percent"].refuse(
                    _("must lie between 0 and 100, not {percent}").format(percent=percent)
                )
            percents[key] = percent
    size = parts["max_position_size"].number() if "max_position_size" in parts else None
    if size is not None and not 0 < size <= 1:
        raise parts["max_position_size"].refuse(
            _("must lie above 0 up to 1, not {size}").format(size=size)
        )
    return Risk(max_position_size=size, **percents)
