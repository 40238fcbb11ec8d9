"""Write the pages of the documentation that come from the code, in both languages."""

from pathlib import Path

from maemae.i18n import LANGUAGES, set_language
from maemae.setup.reference import reference
from maemae.setup.template import template
from maemae.trader.settings import Settings

ROOT = Path(__file__).resolve().parents[1]


def pages() -> dict[Path, str]:
    """Return every generated file with its text."""
    found = {}
    for language in LANGUAGES:
        set_language(language)
        ending = ".md" if language == "en" else f".{language}.md"
        found[ROOT / "docs" / "reference" / f"settings{ending}"] = reference(Settings)
    set_language("en")
    found[ROOT / "examples" / "maemae.toml"] = template(Settings)
    return found


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
