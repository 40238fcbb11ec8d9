"""What is wrong with a setting, in one line that names the key and what was probably meant."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

Place = tuple[int | str, ...]


def explain(
    error: ValidationError, model: type[BaseModel], file: Path | None, *, within: str = ""
) -> str:
    """Return what is wrong.

    Args:
        error: what the model said.
        model: that refused its input.
        file: in which the settings are.
        within: the book of which the model is.
    """
    said = "; ".join(_problem(dict(found), model, within) for found in error.errors())
    return f"{file}: {said}" if file is not None else said


def _problem(found: dict[str, Any], model: type[BaseModel], within: str) -> str:
    place: Place = found["loc"]
    key = _key(place)
    if within:
        key = f"book {within}: {key}"
    match found["type"]:
        case "extra_forbidden":
            return f"unknown setting {key}{_suggest(place, model)}"
        case "union_tag_not_found":
            return f"{key}: say which `way` of trading it is"
        case "union_tag_invalid":
            ways = found["ctx"]["expected_tags"].replace("'", "")
            return f"{key}.way: there is no {found['ctx']['tag']}; choose from {ways}"
        case "value_error":
            return f"{key}: {found['ctx']['error']}"
        case _:
            return f"{key}: {found['msg'].lower()}, not {found['input']!r}"


def _key(place: Place) -> str:
    """Name a place as the file has it: the tag that pydantic adds to a book is left out."""
    if len(place) > 1 and place[0] == "book" and isinstance(place[1], int):
        place = (f"book {place[1] + 1}", *place[3:])
    return ".".join(str(part) for part in place)


def _suggest(place: Place, model: type[BaseModel]) -> str:
    """Name the setting that was probably meant."""
    models = [model]
    way = ""
    if place[0] == "book":
        _, number, way, *rest = (str(part) for part in place)
        place = ("book", number, *rest)
    for part in (str(part) for part in place[:-1] if not str(part).isdigit()):
        fields = [one.model_fields[part] for one in models if part in one.model_fields]
        models = [inner for field in fields for inner in _models(field.annotation)]
        if part == "book":
            models = [one for one in models if one.model_fields["way"].default == way]
    names = [name for one in models for name in one.model_fields]
    close = get_close_matches(str(place[-1]), names, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models in an annotation, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
