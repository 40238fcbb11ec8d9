"""Reading a pickle of plain data without running it.

`pickle.load` does whatever the file says. Here the file's opcodes are only listed
(`pickletools.genops`), and those that build dictionaries, lists, tuples, texts and numbers are
followed by hand; anything else, such as naming a class or calling something, is refused. Numbers
of numpy are calls in a pickle: those, and no others, are reckoned (`numpy_scalar`).
"""

import pickletools
from collections.abc import Callable
from typing import Any

from maemae.errors import DataError
from maemae.i18n import _
from maemae.trader.sources import numpy_scalar

_MARK = object()

_TEXTS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
_INTEGERS = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"}
_BYTES = {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
_VALUES = _TEXTS | _INTEGERS | _BYTES | {"FLOAT", "BINFLOAT"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_IGNORED = frozenset({"PROTO", "FRAME"})


def read_plain(data: bytes) -> Any:
    """Return what a pickle of dictionaries, lists, tuples, texts and numbers holds.

    Raises:
        DataError: it is broken, or has an opcode that plain data has no need of; names it.
    """
    machine = _Machine()
    try:
        for opcode, argument, position in pickletools.genops(data):
            if opcode.name == "STOP":
                return machine.result()
            try:
                machine.follow(opcode.name, argument)
            except DataError as error:
                raise DataError(
                    _("byte {position}: {error}").format(position=position, error=error)
                ) from None
    except ValueError as error:
        raise DataError(_("not a pickle: {error}").format(error=error)) from error
    raise DataError(_("not a pickle: it does not end"))


class _Machine:
    """The part of the pickle machine that plain data needs."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._steps: dict[str, Callable[[Any], None]] = {
            "TUPLE": lambda _: self._stack.append(tuple(self._marked())),
            "EMPTY_TUPLE": lambda _: self._stack.append(()),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "GLOBAL": lambda name: self._stack.append(numpy_scalar.named(name)),
            "STACK_GLOBAL": self._name,
            "REDUCE": self._call,
            "BUILD": self._build,
            "MARK": lambda _: self._stack.append(_MARK),
            "EMPTY_DICT": lambda _: self._stack.append({}),
            "EMPTY_LIST": lambda _: self._stack.append([]),
            "DICT": lambda _: self._stack.append(self._pairs(self._marked(), {})),
            "LIST": lambda _: self._stack.append(self._marked()),
            "SETITEM": self._set_item,
            "SETITEMS": self._set_items,
            "APPEND": self._append,
            "APPENDS": self._appends,
            "PUT": self._put,
            "BINPUT": self._put,
            "LONG_BINPUT": self._put,
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            "GET": self._get,
            "BINGET": self._get,
            "LONG_BINGET": self._get,
        }

    def follow(self, name: str, argument: Any) -> None:
        """Do what an opcode says."""
        if name in _VALUES:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in self._steps:
            self._steps[name](argument)
        elif name not in _IGNORED:
            raise DataError(
                _(
                    "the pickle has the opcode {name}, which a list of names and prices has "
                    "no need of; it was not executed. Save the list as CSV instead"
                ).format(name=name)
            )

    def result(self) -> Any:
        """Return the one thing that is left."""
        value = self._pop()
        if self._stack:
            raise DataError(_("not a pickle: more than one value is left"))
        return value

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise DataError(_("not a pickle: a value is missing"))
        return self._stack.pop()

    def _top(self, kind: type) -> Any:
        if not self._stack or type(self._stack[-1]) is not kind:
            raise DataError(_("not a pickle: a {kind} is missing").format(kind=kind.__name__))
        return self._stack[-1]

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._stack.append(tuple(values[::-1]))

    def _name(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        self._stack.append(numpy_scalar.named(f"{module} {name}"))

    def _call(self, _: Any) -> None:
        arguments, name = self._pop(), self._pop()
        self._stack.append(numpy_scalar.called(name, arguments))

    def _build(self, _: Any) -> None:
        state = self._pop()
        numpy_scalar.built(self._top(numpy_scalar.Dtype), state)

    def _marked(self) -> list[Any]:
        values: list[Any] = []
        while self._stack:
            value = self._stack.pop()
            if value is _MARK:
                return values[::-1]
            values.append(value)
        raise DataError(_("not a pickle: a mark is missing"))

    def _pairs(self, values: list[Any], into: dict[Any, Any]) -> dict[Any, Any]:
        if len(values) % 2:
            raise DataError(_("not a pickle: a value is missing"))
        for key, value in zip(values[::2], values[1::2], strict=True):
            if type(key) not in (str, int):
                raise DataError(
                    _("a key of the dictionary is a {kind}").format(kind=type(key).__name__)
                )
            into[key] = value
        return into

    def _set_item(self, _: Any) -> None:
        value, key = self._pop(), self._pop()
        self._pairs([key, value], self._top(dict))

    def _set_items(self, _: Any) -> None:
        values = self._marked()
        self._pairs(values, self._top(dict))

    def _append(self, _: Any) -> None:
        value = self._pop()
        self._top(list).append(value)

    def _appends(self, _: Any) -> None:
        values = self._marked()
        self._top(list).extend(values)

    def _put(self, number: int) -> None:
        value = self._pop()
        self._stack.append(value)
        self._memo[number] = value

    def _get(self, number: int) -> None:
        if number not in self._memo:
            raise DataError(_("not a pickle: memo {number} was never filled").format(number=number))
        self._stack.append(self._memo[number])
