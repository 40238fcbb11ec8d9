"""Write the pages of the documentation that come from the code, in both languages."""

import inspect
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import typer

from maemae import strategy
from maemae.cli import build
from maemae.i18n import LANGUAGES, _, set_language
from maemae.service.api.openapi import document
from maemae.setup.reference import reference
from maemae.setup.template import template
from maemae.strategy import library
from maemae.strategy.kisyaml.catalogue import INDICATORS, Indicator
from maemae.strategy.presets import PRESETS
from maemae.trader.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
Said = Callable[[str], str]
"""A line of a page in the language of that page."""
LONGEST = 100
"""Characters of an expression in a table."""
MARK = "<!-- python tools/reference.py writes this page; change the code instead. -->"


def pages() -> dict[Path, str]:
    """Return the generated files that are kept in the repository, with their text."""
    found = {}
    for language in LANGUAGES:
        set_language(language)
        found[_page("settings", language)] = reference(Settings)
    set_language("en")
    found[ROOT / "examples" / "maemae.toml"] = template(Settings)
    return found


def site_pages() -> dict[Path, str]:
    """Return those that are written when the documentation site is built."""
    found = {}
    for language in LANGUAGES:
        set_language(language)
        found[_page("cli", language)] = "\n".join(commands_page(language)) + "\n"
        said = _said(language)
        found[_page("api", language)] = "\n".join(api_page(said)) + "\n"
        found[_page("language", language)] = "\n".join(language_page(said)) + "\n"
    set_language("en")
    return found


def korean() -> dict[str, str]:
    """Return what the pages from the code say in Korean, by what they say in English."""
    text = (ROOT / "tools" / "reference.ko.toml").read_text(encoding="utf-8")
    return cast("dict[str, str]", tomllib.loads(text))


def _said(language: str) -> Said:
    words = korean()
    return words.__getitem__ if language == "ko" else str


def _page(name: str, language: str) -> Path:
    ending = ".md" if language == "en" else f".{language}.md"
    return ROOT / "docs" / "reference" / f"{name}{ending}"


# The command line.

_WORDS = {
    "en": ("Commands", "argument or option", "meaning", "default"),
    "ko": ("명령", "인자 또는 옵션", "뜻", "기본값"),
}
_ABOUT = {
    "en": (
        "Exit status: 0 done; 1 the answer is no; 2 bad input or settings, with one line that says "
        "what and where; 70 a bug; 130 stopped by Ctrl-C. `maemae --install-completion` completes "
        "commands and options in bash, zsh, fish and PowerShell."
    ),
    "ko": (
        "종료 코드: 0 끝남, 1 아니오, 2 잘못된 입력이나 설정(무엇이 어디서 잘못됐는지 한 줄로 알려 "
        "줍니다), 70 maemae의 버그, 130 Ctrl-C로 멈춤. `maemae --install-completion`을 실행하면 "
        "bash, zsh, fish, PowerShell에서 명령과 옵션이 자동 완성됩니다."
    ),
}


def commands_page(language: str) -> Iterator[str]:
    """Yield the page of all commands."""
    title, given, meaning, default = _WORDS[language]
    yield from (f"# {title}", "", _ABOUT[language], "", MARK)
    for path, command in _walk(typer.main.get_command(build()), ["maemae"]):
        yield from ("", f"## `{' '.join(path)}`", "", command.help or "", "")
        parameters = [one for one in command.params if one.name != "help"]
        if parameters:
            yield f"| {given} | {meaning} | {default} |"
            yield "|---|---|---|"
            yield from (_parameter(one) for one in parameters)


def _walk(command: Any, path: list[str]) -> Iterator[tuple[list[str], Any]]:
    inside = getattr(command, "commands", None)
    if not inside or getattr(command, "invoke_without_command", False):
        yield path, command
    for name, each in (inside or {}).items():
        if not each.hidden:
            yield from _walk(each, [*path, name])


def _parameter(one: Any) -> str:
    is_option = one.param_type_name == "option"
    names = [*one.opts, *one.secondary_opts] if is_option else [str(one.name).upper()]
    shown = one.show_default if is_option and isinstance(one.show_default, str) else one.default
    plain = shown is None or isinstance(shown, bool) or shown in ("", [], ())
    cells = (" ".join(f"`{name}`" for name in names), one.help or "", "" if plain else f"`{shown}`")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


# The control API.


def api_page(said: Said) -> Iterator[str]:
    """Yield the page of the control API, from its own OpenAPI document."""
    yield from (said("# Control API"), "")
    yield said(
        "Loopback HTTP, served while a trader runs; address and tokens stand in `api-<venue>.json` "
        "in the data folder. The whole document, with every type: `GET /v1/openapi.json`."
    )
    yield from ("", MARK, "", said("| | path | scope | what |"), "|---|---|---|---|")
    for path, operations in document()["paths"].items():
        for method, one in operations.items():
            scope = said("read" if method == "get" else "command")
            what = " ".join(str(one.get("summary") or one.get("description", "")).split())
            yield f"| {method.upper()} | `{path}` | {scope} | {said(what)} |"


# The language of strategies.


def language_page(said: Said) -> Iterator[str]:
    """Yield the page of the words of rules, the indicators and the presets."""
    yield from (said("# Words of strategies"), "")
    yield said(
        "What a rule may be made of; every word looks back only. [Strategies](../strategy.md) says "
        "what they mean together, `maemae strategy show NAME` shows a strategy in these words."
    )
    words = said("| word | what it is |")
    yield from ("", MARK, "", said("## Words"), "", words, "|---|---|")
    for name in sorted(strategy.__all__, key=str.lower):
        found = getattr(strategy, name)
        if inspect.isfunction(found):
            signature = ", ".join(inspect.signature(found).parameters)
            line = (inspect.getdoc(found) or "").partition("\n")[0]
            yield f"| `{name}({signature})` | {_cell(said(line))} |"
    yield from ("", said("## Functions of TA-Lib"), "")
    yield from (said("As `ta.name(…)`, with the defaults shown:"), "")
    yield ", ".join(
        f"`{name}({', '.join(f'{key}={value:g}' for key, value in one.parameters)})`"
        for name, one in sorted(library.functions().items())
    )
    yield from ("", said("## Indicators of the broker's strategy file"), "")
    yield said("Of `*.kis.yaml`, with what each is in the words above.")
    yield from ("", said("| id | parameters | outputs | what it is |"), "|---|---|---|---|")
    yield from (_indicator(one, said) for one in INDICATORS.values())
    yield from ("", said("## Presets"), "", said("| name | what it does |"), "|---|---|")
    for one in PRESETS.values():
        yield f"| `{one.name}` | {_(one.title)}: {' '.join(_(one.about).split())} |"


def _indicator(one: Indicator, said: Said) -> str:
    built = one.build(*(value for _, value in one.params))
    written = str(built[one.outputs[0]])
    longer = said("longer: `maemae.strategy.indicators` builds it")
    cells = (
        f"`{one.id}`",
        ", ".join(f"{name}={value}" for name, value in one.params) or "–",
        ", ".join(one.outputs),
        f"`{written}`" if len(written) <= LONGEST else longer,
    )
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for path, text in (pages() | site_pages()).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
