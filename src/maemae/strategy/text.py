"""Trees as text and back: `crosses_above(sma(close, 5), sma(close, 20)) & (volume > 0)`.

The text reads like the Python that builds the tree, with TA-Lib's functions in lower case. It is
read by a parser that knows only the words of the language and executes nothing.
"""

import ast
from collections.abc import Callable
from typing import Any

from maemae.i18n import _
from maemae.strategy import indicators, language
from maemae.strategy.library import functions
from maemae.strategy.tree import (
    Apply,
    Condition,
    Expr,
    Field,
    Number,
    Param,
    RuleError,
    Test,
    condition,
    series,
)

INFIX = {"add": ("+", 5), "sub": ("-", 5), "mul": ("*", 6), "div": ("/", 6), "pow": ("**", 8),
         "and": ("&", 4), "or": ("|", 3), "gt": (">", 2), "ge": (">=", 2), "lt": ("<", 2),
         "le": ("<=", 2)}  # fmt: skip
"""Symbol and binding strength, as in Python: `&` binds closer than `>`."""

ATOM = 9
CONTEXTS = ("weekly", "monthly", "daily")
HIDDEN_PARAMS = ("streak", "since", "smooth", "hold")
WORDS = frozenset({
    "bollinger", "count", "crosses_above", "crosses_below", "daily", "equal", "exp", "flag",
    "happened", "hold", "larger", "log", "minutes", "monthly", "of", "param", "place", "rank",
    "sign", "since", "smaller", "smooth", "sqrt", "streak", "weekly", "weighted", "when", "where",
    "zigzag", "zscore",
})  # fmt: skip
FIELDS = {"open_": language.open_} | {
    name: getattr(language, name)
    for name in ("high", "low", "close", "volume", "value", "market_cap", "shares")
}
FACTS = {name: getattr(language, name) for name in ("market", "kind", "sector")}


def to_text(tree: Expr) -> str:
    """Return the text that builds the tree."""
    return _print(tree, 0)


def _print(tree: Expr, outer: int) -> str:
    text, strength = _spell(tree)
    return f"({text})" if strength < outer else text


def _spell(tree: Expr) -> tuple[str, int]:  # noqa: PLR0911 - a table in the form of a match
    match tree:
        case Number(value):
            return _number(value), ATOM if value >= 0 else 7
        case Param():
            return _value(tree), ATOM
        case Field(name):
            return "open_" if name == "open" else name, ATOM
        case Apply(op, (left, right)) | Test(op, (left, right)) if op in INFIX:
            symbol, strength = INFIX[op]
            inner = strength + 1 if strength == INFIX["gt"][1] else strength
            return f"{_print(left, inner)} {symbol} {_print(right, strength + 1)}", strength
        case Apply("neg", (inner_tree,)):
            return f"-{_print(inner_tree, 8)}", 7
        case Apply("lag", (inner_tree,), (bars,)):
            return f"{_print(inner_tree, ATOM)}[{_value(bars)}]", ATOM
        case Test("is_in" | "not_in" as op, (), (fact, *words)):
            text = f"{fact}.is_in({', '.join(map(repr, words))})"
            return (text, ATOM) if op == "is_in" else (f"~{text}", 7)
        case Apply() | Test():
            return _call(tree), ATOM
    raise RuleError(_("cannot spell a {kind}").format(kind=type(tree).__name__))


def _call(tree: Apply | Test) -> str:
    function = functions().get(tree.op)
    args, suffix = tree.args, ""
    if tree.op == "zigzag" and isinstance(tree, Apply):
        args, suffix = (), f".{('pivot', 'direction')[tree.output]}"
    if function is not None:
        fixed = tuple(Field(name) for name in function.inputs[function.free :])
        if fixed and args[function.free :] == fixed:
            args = args[: function.free]
        if len(function.outputs) > 1 and isinstance(tree, Apply):
            suffix = f".{function.outputs[tree.output]}"
    params: tuple[object, ...] = () if tree.op in HIDDEN_PARAMS else tree.params
    words = ", ".join([*(_print(arg, 0) for arg in args), *map(_value, params)])
    name = {"eq": "equal", "ne": "~equal"}.get(tree.op, language.NEW_NAMES.get(tree.op, tree.op))
    return f"{name}({words}){suffix}"


def _value(value: object) -> str:
    if isinstance(value, Param):
        numbers = [value.value, value.low, value.high, *([value.step] if value.step != 1 else [])]
        return f"param({value.name!r}, {', '.join(map(_number, numbers))})"
    return _number(value) if isinstance(value, (int, float)) else repr(value)


def _number(value: float) -> str:
    return repr(int(value)) if isinstance(value, int) else repr(value)


LARGEST = 1e15
"""The largest number of a rule: more than any traded value."""
LONGEST = 20_000
"""Characters of a rule; the longest preset has some hundreds."""


def parse(text: str) -> Expr:
    """Read a tree from its text.

    Raises:
        RuleError: the text is not a rule; the message shows the place.
    """
    if len(text) > LONGEST:
        raise RuleError(_("{text!r}… is too long to be a rule").format(text=text[:60]))
    try:
        result = _Reader(text).read(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError as error:
        why = _("{msg} at column {n}").format(msg=error.msg, n=error.offset)
        raise RuleError(
            _("{text!r} is not a rule: {why}").format(text=text[:200], why=why)
        ) from None
    except ValueError as error:  # null characters, characters that are half of a pair
        raise RuleError(
            _("{text!r} is not a rule: {error}").format(text=text[:200], error=error)
        ) from None
    except (RecursionError, MemoryError):  # the latter is what Python's parser says of depth
        raise RuleError(
            _("{text!r}… is nested too deeply to be a rule").format(text=text[:60])
        ) from None
    if not isinstance(result, Expr):
        raise RuleError(_("{text!r} is not a rule but {result!r}").format(text=text, result=result))
    return result


def parse_condition(text: str) -> Condition:
    """Read a condition from its text."""
    return condition(parse(text))


BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: series(a) ** b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitOr: lambda a, b: a | b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
}
UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: lambda a: -a,
    ast.Invert: lambda a: ~a,
}


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, node: ast.expr) -> Any:
        try:
            return self._read(node)
        except TypeError as error:
            raise self._refusal(node, str(error)) from None

    def _read(self, node: ast.expr) -> Any:  # noqa: PLR0911 - a table in the form of a match
        match node:
            case ast.Constant(value=bool() | None):
                raise self._refusal(node, _("is not part of the language"))
            case ast.Constant(value=int() | float() | str() as value):
                return self._constant(node, value)
            case ast.Name(id=name) if name in FIELDS:
                return FIELDS[name]
            case ast.Name(id=name) if name in FACTS:
                return FACTS[name]
            case ast.BinOp(left, op, right) if type(op) in BINARY:
                return BINARY[type(op)](self._operand(left), self._operand(right))
            case ast.Compare(left, [op], [right]) if type(op) in BINARY:
                return BINARY[type(op)](self.read(left), self.read(right))
            case ast.UnaryOp(op, operand) if type(op) in UNARY:
                return UNARY[type(op)](self.read(operand))
            case ast.Subscript(inner, bars):
                return self.read(inner)[self.read(bars)]
            case ast.Call(ast.Name(name), args, keywords):
                named = {word.arg: self.read(word.value) for word in keywords if word.arg}
                return self._function(node, name)(*map(self.read, args), **named)
            case ast.Call(ast.Attribute(ast.Name(name), "is_in"), args, []) if name in FACTS:
                return FACTS[name].is_in(*map(self.read, args))
            case ast.Attribute(ast.Call() as inner, name) if not name.startswith("_"):
                return getattr(self.read(inner), name)
        raise self._refusal(node, _("is not part of the language"))

    def _constant(self, node: ast.expr, value: float | str) -> float | str:
        if isinstance(value, int | float) and not abs(value) <= LARGEST:
            raise self._refusal(node, _("is too large a number"))
        return value

    def _operand(self, node: ast.expr) -> Any:
        value = self.read(node)
        if isinstance(value, str):  # a text times a number would be a longer text
            raise self._refusal(node, _("is a text, where something is reckoned"))
        return value

    def _function(self, node: ast.expr, name: str) -> Callable[..., Any]:
        if name == "abs":
            return abs
        if name in WORDS:
            word: Callable[..., Any] = getattr(language, name)
            return word
        if name in indicators.OWN:
            return indicators.OWN[name]
        if name in language.LIBRARY_NAMES or name in functions():
            return language.one_of(name)
        raise self._refusal(node, _("calls {name!r}, which is unknown").format(name=name))

    def _refusal(self, node: ast.expr, why: str) -> RuleError:
        piece = ast.get_source_segment(self._text.strip(), node) or self._text
        return RuleError(
            _("{piece!r} {why} (in the rule {text!r})").format(
                piece=piece, why=why, text=self._text
            )
        )
