"""What is wrong with the settings, in words a person can act on, with the place of each fault."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from maemae.errors import WrongSettings
from maemae.i18n import N_, _
from maemae.trader.setting_keys import meaning_of, near_names
from maemae.trader.setting_lines import Place, find_place
from maemae.trader.setting_origins import Origins

_SAID: Final[Mapping[str, str]] = {
    "greater_than": N_("must be above {gt}"),
    "greater_than_equal": N_("must be {ge} or more"),
    "less_than": N_("must be below {lt}"),
    "less_than_equal": N_("must be {le} or less"),
    "literal_error": N_("must be {expected}"),
    "string_pattern_mismatch": N_("must look like {pattern}"),
    "int_parsing": N_("must be a whole number"),
    "int_type": N_("must be a whole number"),
    "int_from_float": N_("must be a whole number"),
    "decimal_parsing": N_("must be a number"),
    "decimal_type": N_("must be a number"),
    "finite_number": N_("must be a number"),
    "bool_parsing": N_("must be true or false"),
    "bool_type": N_("must be true or false"),
    "string_type": N_("must be text in quotation marks"),
    "union_tag_invalid": N_("must be {expected_tags}"),
    "union_tag_not_found": N_("is missing"),
    "missing": N_("is missing"),
}
"""The commonest faults by pydantic's name for them; of others, pydantic's own words are shown."""


def wrong_settings(
    error: ValidationError, model: type[BaseModel], origins: Origins, within: str = ""
) -> WrongSettings:
    """Return the error to raise for settings that the models refuse.

    Args:
        error: what the model said.
        model: that refused its input.
        origins: where the input came from.
        within: what the model is of, where it is not the whole file.
    """
    problems = sorted(error.errors(), key=lambda one: origins.line(one["loc"]))
    return WrongSettings([_line(one, model, origins, within) for one in problems])


def _line(problem: ErrorDetails, model: type[BaseModel], origins: Origins, within: str) -> str:
    loc = problem["loc"]
    where = origins.where(loc)
    place = find_place(origins.data, loc)
    if problem["type"].startswith("union_tag"):  # pydantic names the table, not its key
        place = (*place, str(problem["ctx"]["discriminator"]).strip("'"))
    key = _key(place, within)
    if problem["type"] == "extra_forbidden":
        said = _("unknown setting {key}").format(key=key)
        close = near_names(model, loc)
        if close:
            said += _(" (did you mean {name}?)").format(name=close[0])
    else:
        said = ": ".join(part for part in (key, _reason(problem, model)) if part)
    return f"{where}: {said}" if where else said


def _key(place: Place, within: str) -> str:
    """Name a setting; of several books or channels, by its number from 1."""
    name = ".".join(str(part) for part in place if not isinstance(part, int))
    numbers = [str(part + 1) for part in place if isinstance(part, int)]
    if numbers:
        name = name.replace(str(place[0]), f"{place[0]} {' '.join(numbers)}", 1)
    return f"{within}: {name}" if within else name


def _reason(problem: ErrorDetails, model: type[BaseModel]) -> str:
    text = _SAID.get(problem["type"])
    context: dict[str, Any] = dict(problem.get("ctx", {}))
    if "pattern" in context:  # Few people read regular expressions.
        context["pattern"] = meaning_of(model, problem["loc"]) or context["pattern"]
    if text is None:
        words = str(problem["msg"]).removeprefix("Value error, ").replace("\n", " ")
        said = words[:1].lower() + words[1:]
    else:
        if "expected" in context:  # Choices in quotation marks, in pydantic's English.
            context["expected"] = str(context["expected"]).replace("' or '", f"'{_(' or ')}'")
        said = _(text).format(**context)
    given = problem["input"]
    if isinstance(given, dict | list) or problem["type"] == "missing":
        return said
    return _("{said}, not {given!r}").format(said=said, given=given)
