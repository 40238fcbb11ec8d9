"""The reference of all settings as a page of the documentation, written from the models."""

from collections.abc import Iterator

from pydantic import BaseModel

from maemae.i18n import _
from maemae.setup.values import as_toml
from maemae.trader.setting_keys import Key, Section, keys_of, sections


def reference(model: type[BaseModel]) -> str:
    """Return the page in Markdown, in the language in force."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: type[BaseModel]) -> Iterator[str]:
    yield "# " + _("Settings")
    yield ""
    yield _(
        "Every setting of `maemae.toml`. Flags go over environment variables, those over the "
        "file, and the file over the defaults. `maemae config explain KEY` says the same of one "
        "setting, `maemae config show` where its value comes from."
    )
    yield ""
    yield "<!-- python tools/reference.py writes this page; change the models instead. -->"
    for section in sections(model):
        yield from ("", f"## {_title(section)}", "")
        if section.header:
            yield from (section.meaning, "")
        elif section.path:
            yield ""
        heads = (_("setting"), _("meaning"), _("value"), _("default"), _("environment"))
        yield "| " + " | ".join(heads) + " |"
        yield "|" + "---|" * len(heads)
        yield from (_row(key) for key in keys_of(section))


def _title(section: Section) -> str:
    if not section.header:
        return _("At the top")
    way = f' {section.choice[0]} = "{section.choice[1]}"' if section.choice else ""
    return f"`{section.header}{way}`"


def _row(key: Key) -> str:
    kind = " ".join(part for part in (key.kind, key.bounds) if part)
    default = _("(needed)") if key.required else "" if key.default is None else as_toml(key.default)
    code = [f"`{text}`" if text else "" for text in (default, key.variable)]
    cells = (f"`{key.name}`", key.meaning, kind, *code)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
