"""Count the texts that are held to be Korean: `python tools/korean.py`.

The tests of the same names hold them; this says how many there are. Texts on the pages are
counted by `pytest tests/dashboard/test_korean_walk.py -rP`, which prints a line for each page.
"""

import ast
import sys
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, f"{ROOT}")

from tests import test_i18n, test_korean  # noqa: E402 - found where it is

from maemae.cli import build  # noqa: E402


def main() -> None:
    """Print the counts."""
    every = list(test_korean.commands(typer.main.get_command(build())))
    told = sum(
        1 + sum(bool(getattr(param, "help", None)) for param in command.params)
        for _path, command in every
    )
    literals = sum(
        isinstance(node, ast.Constant) and isinstance(node.value, str)
        for _name, tree, _above in test_korean.trees()
        for node in ast.walk(tree)
    )
    counts = {
        "messages in the source, each with its Korean": len(test_i18n.messages()),
        "errors for people, translated where they are raised": len(list(test_korean.raised())),
        "texts in the source, looked through for an English sentence": literals,
        "kinds of incidents": len(test_korean.kinds()),
        "commands, with usage and complaints": len(every),
        "texts of help of commands and options": told,
    }
    for what, count in counts.items():
        print(f"{count:7,}  {what}")


if __name__ == "__main__":
    main()
