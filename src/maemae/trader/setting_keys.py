"""Every setting there is, read off the models: its place, meaning, type, default and bounds."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from maemae.errors import SettingsError
from maemae.i18n import N_, _

PREFIX = "MAEMAE_"
"""What the environment variable of a setting begins with; parts are joined by two underscores."""


@dataclass(frozen=True)
class Section:
    """A table of the settings file.

    Attributes:
        path: its name, in parts; empty for the settings outside any table.
        model: what may stand in it.
        repeated: whether there may be several of it (`[[book]]`, and `[book.order]` in each).
        part: whether it stands once in a table of which there may be several.
        choice: where one of several models fits, the key and value that chooses this one.
    """

    path: tuple[str, ...]
    model: type[BaseModel]
    repeated: bool = False
    part: bool = False
    choice: tuple[str, str] | None = None

    @property
    def header(self) -> str:
        """The line that opens it, blank outside any table."""
        name = ".".join(self.path)
        if not name:
            return ""
        return f"[[{name}]]" if self.repeated and not self.part else f"[{name}]"

    @property
    def meaning(self) -> str:
        """What it is about, in the language in force."""
        return _(_first_line(self.model))


@dataclass(frozen=True)
class Key:
    """One setting."""

    section: Section
    name: str
    field: FieldInfo

    @property
    def path(self) -> str:
        """Its full name, such as `limits.daily_loss`."""
        return ".".join((*self.section.path, self.name))

    @property
    def variable(self) -> str:
        """The environment variable that goes over the file; blank inside a repeated table."""
        if self.section.repeated:
            return ""
        return PREFIX + "__".join((*self.section.path, self.name)).upper()

    @property
    def meaning(self) -> str:
        """What it means, in the language in force."""
        if self.field.description:
            return _(self.field.description)
        chosen = self.section.choice is not None and self.section.choice[0] == self.name
        return self.section.meaning if chosen else ""

    @property
    def kind(self) -> str:
        """What may be given, in the language in force."""
        remarks = (*self.field.metadata, *_remarks(self.field.annotation))
        if any(isinstance(one, BeforeValidator) for one in remarks):
            won = "int" in str(self.field.annotation)
            return _('won, or a rate: 0.3 or "30%"') if won else _('rate: 0.02 or "2%"')
        return describe(self.field.annotation)

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.field.is_required()

    @property
    def default(self) -> Any:
        """What holds when it is left out; None: nothing."""
        return None if self.required else self.field.get_default(call_default_factory=True)

    @property
    def bounds(self) -> str:
        """The bounds of its value, as a formula; blank for none."""
        return " ".join(dict.fromkeys(_bounds(self.field.metadata, self.field.annotation)))


def sections(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Section]:
    """Yield the tables of a settings model, outermost first; a part of many tables only once."""
    seen = set()
    for section in _sections(Section(path, model)):
        if (section.path, section.model) not in seen:
            seen.add((section.path, section.model))
            yield section


def keys(model: type[BaseModel]) -> Iterator[Key]:
    """Yield every setting of a model, table by table."""
    for section in sections(model):
        yield from keys_of(section)


def keys_of(section: Section) -> Iterator[Key]:
    """Yield the settings of one table, without the tables inside it."""
    for name, field in section.model.model_fields.items():
        if not _models(field.annotation)[0]:
            yield Key(section, field.alias or name, field)


def find_keys(model: type[BaseModel], path: str) -> list[Key]:
    """Return the setting of that name, once for each kind of table that has it.

    A number in the path (`book[0].amount`, `book.0.amount`) is ignored.

    Raises:
        SettingsError: there is none; names similar ones.
    """
    parts = path.replace("[", ".").replace("]", "").split(".")
    name = ".".join(part for part in parts if not part.isdigit())
    everything = list(keys(model))
    found = [key for key in everything if key.path == name]
    if found:
        return found
    inside = sorted({key.path for key in everything if key.path.startswith(f"{name}.")})
    known = sorted({key.path for key in everything})
    by_last = [one for one in known if one.rsplit(".", 1)[-1] == name]
    near = inside or by_last or get_close_matches(name, known, n=3, cutoff=0.5)
    hint = _(": did you mean {names}?").format(names=", ".join(near[:8])) if near else ""
    raise SettingsError(_("there is no setting {name}").format(name=path) + hint)


def meaning_of(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """Return what a setting means, by the place that a validation error names; blank if unsaid."""
    fields = (one.model_fields.get(str(loc[-1])) for one in _models_at(model, loc[:-1]))
    return next((_(one.description) for one in fields if one and one.description), "")


def near_names(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the settings that may be meant by a name that is not one, the closest first.

    Args:
        model: of the whole file.
        loc: where the name stands; its last part is the name.
    """
    models = _models_at(model, loc[:-1])
    names = {field.alias or name for one in models for name, field in one.model_fields.items()}
    return get_close_matches(str(loc[-1]), sorted(names), n=1)


def _models_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[type[BaseModel]]:
    """Return the models that may stand at a place of the file."""
    here = [model]
    for part in (str(one) for one in loc if not isinstance(one, int)):
        fields = [one.model_fields[part] for one in here if part in one.model_fields]
        inside = [found for field in fields for found in _models(field.annotation)[0]]
        # What leads nowhere is the tag of a choice among models, or a mistake.
        here = inside or [one for one in here if _tag(one, part)] or here
    return here


def describe(annotation: Any) -> str:
    """Say in words what values a type takes."""
    annotation = _bare(annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        return _(" or ").join(str(value) for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _(" or ").join(str(one.value) for one in annotation)
    if origin in (Union, types.UnionType):
        said = [describe(one) for one in get_args(annotation) if one is not type(None)]
        return _(" or ").join(dict.fromkeys(said))
    if origin in (tuple, list):
        return _("list of: {kind}").format(kind=describe(get_args(annotation)[0]))
    return _(_WORDS.get(annotation, "text"))


_WORDS: Final[dict[Any, str]] = {
    bool: N_("true or false"),
    int: N_("whole number"),
    float: N_("number"),
    Decimal: N_("number"),
    str: N_("text"),
    Path: N_("path"),
    time: N_('time of day, such as "09:05"'),
}


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for name, field in section.model.model_fields.items():
        models, repeated = _models(field.annotation)
        for model in models:
            inner = Section(
                (*section.path, name),
                model,
                repeated=section.repeated or repeated,
                part=section.repeated and not repeated,
                choice=_choice(models, model),
            )
            yield from _sections(inner)


def _choice(models: list[type[BaseModel]], model: type[BaseModel]) -> tuple[str, str] | None:
    """Find the key whose single value tells this model from the others."""
    for name in model.model_fields:
        values = [_constant(one, name) for one in models if name in one.model_fields]
        if len(set(values)) == len(models) and all(values):
            return name, _constant(model, name)
    return None


def _constant(model: type[BaseModel], name: str) -> str:
    field = model.model_fields.get(name)
    values = get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()
    return str(values[0]) if len(values) == 1 else ""


def _tag(model: type[BaseModel], value: str) -> bool:
    return any(_constant(model, name) == value for name in model.model_fields)


def _models(annotation: Any) -> tuple[list[type[BaseModel]], bool]:
    """Return the models a field may hold, and whether it holds many of them."""
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation], False
    origin = get_origin(annotation)
    found: list[type[BaseModel]] = []
    many = origin in (tuple, list)
    if many or origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            models, repeated = _models(argument)
            found += models
            many = many or repeated
    return found, many and bool(found)


def _bare(annotation: Any) -> Any:
    """Take off remarks."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _bounds(metadata: list[Any], annotation: Any) -> Iterator[str]:
    for one in (*metadata, *_remarks(annotation)):
        match one:
            case at.Gt(gt=bound):
                yield f"> {bound}"
            case at.Ge(ge=bound):
                yield f"≥ {bound}"
            case at.Lt(lt=bound):
                yield f"< {bound}"
            case at.Le(le=bound):
                yield f"≤ {bound}"
            case FieldInfo():
                yield from _bounds(one.metadata, None)
            case _:
                pass


def _remarks(annotation: Any) -> Iterator[Any]:
    """Yield the remarks on the parts of a union or a list, where pydantic leaves them."""
    if get_origin(annotation) is Annotated:
        yield from get_args(annotation)[1:]
        annotation = get_args(annotation)[0]
    for part in get_args(annotation) if get_origin(annotation) is not Literal else ():
        if part is not Ellipsis:
            yield from _remarks(part)
