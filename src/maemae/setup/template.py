"""The settings file with every setting in it, each explained: `maemae config template`."""

from collections.abc import Iterator

from pydantic import BaseModel

from maemae.i18n import N_, _
from maemae.setup.values import as_toml
from maemae.trader.setting_keys import Key, Section, keys_of, sections

_COMMENT_AT = 32
_HEAD = N_("Settings of maemae, with their defaults. What you leave out stays as it is here.")


def template(model: type[BaseModel]) -> str:
    """Return a settings file that says what holds without one, in the language in force."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: type[BaseModel]) -> Iterator[str]:
    yield "# " + _(_HEAD)
    yield "# " + _("Flags and MAEMAE_... environment variables go over this file.")
    yield "# " + _("App keys never stand here: maemae init keeps them in the system's keyring.")
    for section in sections(model):
        yield ""
        yield from _table(section)


def _table(section: Section) -> Iterator[str]:
    # A table of which there may be several is there when it is written: it stands as a comment.
    off = "# " if section.repeated else ""
    if section.header:
        yield from (f"# {line}" for line in (section.meaning,) if line)
        yield off + section.header
    if section.choice is not None:
        yield f'{off}{section.choice[0]} = "{section.choice[1]}"'
    for key in keys_of(section):
        if section.choice is None or key.name != section.choice[0]:
            yield _setting(key, off)


def _setting(key: Key, off: str) -> str:
    if key.default is None:
        example = (key.field.examples or [""])[0]
        line = f"{off or '# '}{key.name} = {as_toml(example)}"
    else:
        line = f"{off}{key.name} = {as_toml(key.default)}"
    about = "; ".join(part for part in (key.meaning, key.bounds) if part)
    return f"{line:<{_COMMENT_AT}}  # {about}" if about else line
