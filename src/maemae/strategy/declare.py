"""The declaration of a strategy: candidates, entry, exit, score, sizing, schedule, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar, cast

from maemae.bars.panel import DAY
from maemae.i18n import _
from maemae.strategy.crosswise import ACROSS
from maemae.strategy.language import place
from maemae.strategy.parts import (
    Candidates,
    EntryOrder,
    EqualShares,
    Rule,
    Schedule,
    Sizing,
    Universe,
)
from maemae.strategy.tree import (
    Apply,
    Condition,
    Expr,
    Param,
    RuleError,
    Series,
    Test,
    parameters,
    transform,
)
from maemae.strategy.warmup import Warmup, warmup

T = TypeVar("T", bound=Expr)
Fraction = float | Param

LIMITS = ("stop_loss", "take_profit", "trailing_stop", "max_holding")
"""The parts of a strategy that sell what is held, and have no say in what the rules decide."""


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """What to trade, when, how much, and when to stop.

    Attributes:
        name: how files and commands call it (letters, digits, underscore).
        entry: buy where this holds at a bar's close.
        exit: sell where this holds; without it only the limits below sell.
        score: of several entries at once, the largest come first.
        candidates: where entries may come from.
        sizing: how much one entry costs.
        order: how an entry is bought.
        schedule: which bars, and which hours.
        max_positions: how many instruments at once.
        stop_loss, take_profit: fractions of the entry price (0.05 is 5 %).
        trailing_stop: fraction below the highest price since entry.
        max_holding: sessions after which a position is sold.
        title, about: a name and a paragraph for people.
    """

    name: str
    entry: Condition | Rule
    exit: Condition | Rule | None = None
    score: Series | Rule | None = None
    candidates: Candidates = field(default_factory=Universe)
    sizing: Sizing = field(default_factory=EqualShares)
    order: EntryOrder = field(default_factory=EntryOrder)
    schedule: Schedule = field(default_factory=Schedule)
    max_positions: int = 20
    stop_loss: Fraction | None = None
    take_profit: Fraction | None = None
    trailing_stop: Fraction | None = None
    max_holding: int | Param | None = None
    title: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise RuleError(
                _("{name!r} cannot name a strategy: letters, digits and underscores only").format(
                    name=self.name
                )
            )
        for role, kind in (("entry", Condition), ("exit", Condition), ("score", Series)):
            part = getattr(self, role)
            if part is not None and isinstance(part, Expr) and not isinstance(part, kind):
                wanted = _("a condition") if kind is Condition else _("a series")
                raise RuleError(
                    _("{name}: the {role} must be {wanted}, not {part}").format(
                        name=self.name, role=role, wanted=wanted, part=part
                    )
                )
        for name in ("stop_loss", "take_profit", "trailing_stop"):
            value = plain(getattr(self, name))
            if value is not None and not 0 < value < (1 if name != "take_profit" else 100):
                raise RuleError(
                    _(
                        "{name}: {name2} is a fraction of the price, 0.05 for 5 %, not {value:g}"
                    ).format(name=self.name, name2=name, value=value)
                )
        holding = plain(self.max_holding)
        if self.max_positions < 1 or (holding is not None and holding < 1):
            raise RuleError(
                _("{name}: max_positions and max_holding start at 1").format(name=self.name)
            )

    @property
    def universe(self) -> Condition | None:
        """The candidates as a condition, where they are a rule."""
        if not isinstance(self.candidates, Universe):
            return None
        where, by, top = self.candidates.where, self.candidates.by, self.candidates.top
        if by is None or top is None:
            return where
        best = place(by, within=where) <= top
        return best if where is None else where & best

    @property
    def entry_rule(self) -> Condition | Rule:
        """The entry with the universe put in: as a condition, and below every rank."""
        if isinstance(self.entry, Expr) and self.universe is not None:
            return self.universe & _ranked_within(self.entry, self.universe)
        return self.entry

    @property
    def exit_rule(self) -> Condition | Rule | None:
        """The exit, its ranks within the universe."""
        if isinstance(self.exit, Expr) and self.universe is not None:
            return _ranked_within(self.exit, self.universe)
        return self.exit

    @property
    def score_rule(self) -> Series | Rule | None:
        """The score, its ranks within the universe."""
        if isinstance(self.score, Expr) and self.universe is not None:
            return _ranked_within(self.score, self.universe)
        return self.score

    @property
    def trees(self) -> tuple[Expr, ...]:
        """Every expression of the strategy."""
        parts = (self.entry, self.exit, self.score, self.universe, self.order.above_open)
        return tuple(part for part in parts if isinstance(part, Expr))

    def asks_for(self, fact: str) -> bool:
        """Whether a rule looks at a fact of instruments: market, kind, sector."""
        nodes = (node for tree in self.trees for node in tree.walk())
        return any(
            isinstance(node, Test) and node.op in ("is_in", "not_in") and node.params[:1] == (fact,)
            for node in nodes
        )

    @property
    def rules(self) -> dict[str, Rule]:
        """The Python rules, by role."""
        parts = {"entry": self.entry, "exit": self.exit, "score": self.score}
        return {
            role: part
            for role, part in parts.items()
            if part is not None and not isinstance(part, Expr)
        }

    @property
    def parameters(self) -> dict[str, Param]:
        """The numbers a search may vary, by name."""
        limits = (getattr(self, name) for name in LIMITS)
        return parameters(*self.trees, *(limit for limit in limits if isinstance(limit, Param)))

    def with_parameters(self, values: Mapping[str, float]) -> "Strategy":
        """Return the strategy with some of its parameters set.

        Raises:
            RuleError: there is no such parameter, or the value is out of its range.
        """
        unknown = values.keys() - self.parameters.keys()
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise RuleError(
                _("{name} has no parameter {unknown} (it has: {known})").format(
                    name=self.name, unknown=", ".join(sorted(unknown)), known=known
                )
            )
        changes = {
            name: transform(part, values)
            for name in ("entry", "exit", "score", *LIMITS)
            if isinstance(part := getattr(self, name), Expr)
        }
        if isinstance(self.candidates, Universe):
            changes["candidates"] = replace(  # type: ignore[assignment]
                self.candidates,
                where=_moved(self.candidates.where, values),
                by=_moved(self.candidates.by, values),
            )
        if self.order.above_open is not None:
            changes["order"] = replace(  # type: ignore[assignment]
                self.order, above_open=_moved(self.order.above_open, values)
            )
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def warmup(self) -> Warmup:
        """History needed before the first decision can be trusted, in bars of the schedule."""
        length = self.schedule.bars
        step = DAY if length == "daily" else timedelta(minutes=length)
        needed = warmup(*self.trees, step=step)
        bars = max([needed.bars, *(rule.warmup for rule in self.rules.values())])
        return replace(needed, bars=bars)


def plain(value: Fraction | None) -> float | None:
    """Return a limit as a number."""
    return value.value if isinstance(value, Param) else value


def _moved(tree: T | None, values: Mapping[str, float]) -> T | None:
    return None if tree is None else transform(tree, values)


def _ranked_within(tree: T, universe: Condition) -> T:
    """Return the tree with every rank that names no group taken within the universe."""
    if not isinstance(tree, (Apply, Test)) or tree.op == "of":
        return tree
    children = tuple(_ranked_within(child, universe) for child in tree.args)
    if tree.op in ACROSS and len(children) == 1:
        children = (*children, universe)
    return cast(T, tree.rebuilt(children))
