"""Nothing that only POSIX has is used unguarded: the package must import and run on Windows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import maemae

SOURCE = Path(maemae.__file__).parent
MODULES = {"fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
NAMES = {
    "signal": {"SIGUSR1", "SIGUSR2", "SIGHUP", "SIGKILL", "SIGALRM", "SIGQUIT", "pause", "alarm"},
    "os": {"fork", "getuid", "geteuid", "getgid", "fchmod", "setsid", "killpg", "uname", "mkfifo"},
    "socket": {"AF_UNIX"},
}
GUARDS = ("sys.platform", "hasattr", "os.name")


def uses(tree: ast.Module) -> Iterator[str]:
    """Yield what only POSIX has and nothing asks for first."""
    for node, above in walk(tree, ()):
        found = posix_only(node)
        if found and not any(guards(one, found) for one in above):
            yield f"line {getattr(node, 'lineno', 0)}: {found}"


def walk(
    node: ast.AST, above: tuple[ast.AST, ...]
) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    yield node, above
    for child in ast.iter_child_nodes(node):
        yield from walk(child, (*above, node))


def posix_only(node: ast.AST) -> str:
    match node:
        case ast.Import(names=names):
            return next((one.name for one in names if one.name in MODULES), "")
        case ast.ImportFrom(module=str(module)) if module in MODULES:
            return module
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if name in NAMES.get(owner, ()):
            return f"{owner}.{name}"
        case ast.Attribute(attr="add_signal_handler"):
            return "add_signal_handler"
    return ""


def guards(node: ast.AST, found: str) -> bool:
    """Whether a statement around a use lets it be reached only where it exists."""
    text = ast.unparse(node)
    if found == "add_signal_handler":
        return isinstance(node, ast.Try | ast.With) and "NotImplementedError" in text
    if isinstance(node, ast.If):
        return any(word in ast.unparse(node.test) for word in GUARDS)
    # `if not hasattr(...): return` at the head of a function guards the rest of it.
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(one, ast.If)
        and re.search(rf"hasattr\({found.partition('.')[0]}, ", ast.unparse(one.test))
        and isinstance(one.body[-1], ast.Return)
        for one in node.body
    )


@pytest.mark.parametrize("file", sorted(SOURCE.rglob("*.py")), ids=lambda f: f.stem)
def test_nothing_needs_posix(file: Path) -> None:
    assert not list(uses(ast.parse(file.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("import fcntl", True),
        ("import sys\nif sys.platform != 'win32':\n    import fcntl", False),
        ("import signal\nx = signal.SIGUSR1", True),
        ("import signal\nif hasattr(signal, 'SIGUSR1'):\n    x = signal.SIGUSR1", False),
        ("loop.add_signal_handler(2, f)", True),
        ("try:\n    loop.add_signal_handler(2, f)\nexcept NotImplementedError:\n    pass", False),
    ],
)
def test_the_check_sees_what_it_is_for(code: str, *, refused: bool) -> None:
    assert bool(list(uses(ast.parse(code)))) is refused
