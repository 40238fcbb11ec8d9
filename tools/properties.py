"""Count the properties of the tests, by room: what hypothesis tries to break by itself.

A test with `@given` is one property, a state machine (`RuleBasedStateMachine`) another; variants of
one test by `@pytest.mark.parametrize` are not counted again. Run from the project's folder, as
`make properties` does; exit status 1 when there are fewer than `LEAST`.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

LEAST = 40
TESTS = Path(__file__).resolve().parents[1] / "tests"


def properties(tests: Path = TESTS) -> Iterator[tuple[str, str, str]]:
    """Yield room, kind (`given` or `machine`) and name of every property."""
    for file in sorted(tests.rglob("test_*.py")):
        room = file.relative_to(tests).parts[0] if file.parent != tests else "(whole)"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            kind = _kind(node)
            if kind:
                yield room, kind, getattr(node, "name", "")


def _kind(node: ast.AST) -> str:
    """Return what kind of property a definition is; blank where it is none."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return "given" if any(_called(one) == "given" for one in node.decorator_list) else ""
    if isinstance(node, ast.ClassDef):
        return "machine" if any(_called(b) == "RuleBasedStateMachine" for b in node.bases) else ""
    return ""


def _called(node: ast.expr) -> str:
    """Return the last part of a name, of what is called where it is a call."""
    if isinstance(node, ast.Call):
        node = node.func
    return getattr(node, "attr", getattr(node, "id", ""))


def main() -> int:
    """Print the table."""
    found = list(properties())
    given = Counter(room for room, kind, _ in found if kind == "given")
    machines = Counter(room for room, kind, _ in found if kind == "machine")
    print(f"{'room':<12}{'@given':>8}{'machines':>10}")
    for room in sorted(given | machines):
        print(f"{room:<12}{given[room]:>8}{machines[room]:>10}")
    print(f"{'all':<12}{given.total():>8}{machines.total():>10}")
    print(f"properties: {len(found)} (at least {LEAST})")
    return 0 if len(found) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
