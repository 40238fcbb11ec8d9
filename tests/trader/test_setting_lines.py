import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from maemae.trader.setting_lines import find_place, line_of, lines_of

TEXT = '''# a comment
language = "ko"
sim.url = "x" # dotted
[limits] # with [brackets]
daily_loss = 1
names = [
  "a", # ]
  "b]",
]
text = """
daily_loss = 3
[not.a.table]
"""
after = "x # [ y"
[[book]]
name = "a"
[book.order]
kind = "market"
[[book]]
inline = { a = 1, b = [1, 2] }
[book.order]
kind = "limit"
["quoted name".x]
y = 1
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("language",), 2),
        (("sim", "url"), 3),
        (("limits",), 4),
        (("limits", "daily_loss"), 5),
        (("limits", "text"), 10),
        (("limits", "after"), 14),
        (("book", 0, "name"), 16),
        (("book", 0, "order", "kind"), 18),
        (("book", 1), 19),
        (("book", 1, "inline", "a"), 20),
        (("book", 1, "order", "kind"), 22),
        (("quoted name", "x", "y"), 24),
        (("book", 1, "amount"), 19),
        (("nowhere",), None),
    ],
)
def test_a_setting_is_found_on_its_line(place: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TEXT, place) == line


def test_the_tag_of_a_choice_is_no_part_of_the_place() -> None:
    data = tomllib.loads(TEXT)
    assert find_place(data, ("book", 1, "condition", "order", "kind")) == (
        "book", 1, "order", "kind",
    )  # fmt: skip
    assert find_place(data, ("book", 1, "condition", "amount")) == ("book", 1, "amount")


def test_the_tag_is_left_out_where_a_setting_has_its_name() -> None:
    data = {"book": [{"strategy": "x", "universe": {"sectors": ["y"]}}]}
    for place in (("universe", "sectors"), ("strategy",)):
        assert find_place(data, ("book", 0, "strategy", *place)) == ("book", 0, *place)


_NAMES = st.text("abc-_ .#[]\"'한", min_size=1, max_size=6)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.booleans() | st.text("ab#[]{}=\"'\\\n한 ", max_size=12),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(_NAMES, st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=4))
def test_every_key_of_any_document_has_the_line_on_which_it_stands(
    data: dict[str, dict[str, Any]],
) -> None:
    text = tomlkit.dumps(data)
    found, lines = lines_of(text), text.splitlines()
    assert {place for place in found if len(place) == 2} == {
        (table, key) for table, keys in data.items() for key in keys
    }
    for (*_, name), line in found.items():
        assert str(name) in lines[line - 1].replace('\\"', '"')
