from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from maemae.errors import SettingsError
from maemae.trader.setting_keys import find_keys, keys, keys_of, near_names, sections
from maemae.trader.settings import Settings


class Order(BaseModel):
    """How it is ordered."""

    kind: Literal["market", "limit"] = "market"


class One(BaseModel):
    """The first way."""

    way: Literal["one"] = "one"
    from_: int = Field(1, alias="from", ge=1, description="where it begins")
    order: Order = Order()


class Two(BaseModel):
    """The second way."""

    way: Literal["two"] = "two"
    size: int | None = Field(None, gt=0, lt=9)


class File(BaseModel):
    """A file."""

    book: tuple[Annotated[One | Two, Field(discriminator="way")], ...] = ()


def test_every_table_is_found_with_what_chooses_it() -> None:
    assert [(one.header, one.choice) for one in sections(File)] == [
        ("", None),
        ("[[book]]", ("way", "one")),
        ("[book.order]", None),
        ("[[book]]", ("way", "two")),
    ]


def test_a_key_knows_its_kind_its_bounds_and_its_variable() -> None:
    (begin,) = find_keys(File, "book[3].from")
    assert (begin.path, begin.kind, begin.bounds) == ("book.from", "whole number", "≥ 1")
    assert begin.variable == ""
    (loss,) = find_keys(Settings, "limits.daily_loss")
    assert (loss.bounds, loss.default, loss.variable) == ("> 0", None, "MAEMAE_LIMITS__DAILY_LOSS")
    (collar,) = find_keys(Settings, "limits.collar")
    assert (collar.kind, collar.bounds) == ('rate: 0.02 or "2%"', "> 0 < 1")
    assert find_keys(Settings, "venue")[0].kind == "sim or dry or paper or live"
    assert find_keys(Settings, "book.order.then")[0].kind == "cancel or chase or market"
    assert find_keys(Settings, "channel.name")[0].required


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("amuont", "amount"), ("daily_loss", "limits.daily_loss"), ("limits", "limits.collar")],
)
def test_what_is_no_setting_is_answered_with_what_was_probably_meant(
    asked: str, meant: str
) -> None:
    with pytest.raises(SettingsError, match=f"no setting {asked}: did you mean .*{meant}"):
        find_keys(Settings, asked)


@pytest.mark.parametrize(
    ("loc", "names"),
    [
        (("book", 0, "one", "frm"), ["from"]),
        (("book", 0, "one", "order", "knd"), ["kind"]),
        (("book", 1, "two", "siz"), ["size"]),
        (("book", 1, "two", "frm"), []),
    ],
)
def test_a_mistyped_name_is_compared_with_those_of_its_table(
    loc: tuple[int | str, ...], names: list[str]
) -> None:
    assert near_names(File, loc) == names


def test_every_setting_says_what_it_means() -> None:
    unsaid = [key.path for key in keys(Settings) if not key.meaning]
    assert not unsaid
    assert all(one.meaning for one in sections(Settings))
    assert all(list(keys_of(one)) for one in sections(Settings))
