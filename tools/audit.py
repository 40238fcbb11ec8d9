"""Licences of the locked packages, held against a list, and their known faults.

Licences are read from what is installed, so that needs no network. Known faults (advisories) need
one: with `--advisories` they are asked for by `uvx pip-audit`, which is a step of a release; where
they cannot be had, that is said and fails nothing.

Exit status 1: a licence is not on the list, or a package has a known fault.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

ALLOWED = (
    "MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "MPL", "Mozilla Public",
    "Zlib", "CC0", "0BSD", "Public Domain", "Kiwi", "matplotlib", "Dual License",
)  # fmt: skip
"""Licences that let anybody use, change and pass on, as their names begin."""

REFUSED = re.compile(r"\b(A?GPL|GNU|LGPL|SSPL|BUSL|Commons Clause|Proprietary)", re.IGNORECASE)

BY_HAND = {
    "ta-lib": "BSD-2-Clause: licenses/LICENSE of the wheel, read on 2026-11-29; it says nothing in "
    "its metadata. The C library in it is BSD-3-Clause by its project.",
    "axe-playwright-python": "MIT: licenses/LICENSE of the wheel, read on 2026-11-30. axe-core in "
    "it is MPL-2.0. A tool of the tests.",
    "atheris": "Apache-2.0: licenses/LICENSE of the wheel, read on 2026-11-29; for fuzzing alone, "
    "no part of maemae.",
    "python-telegram-bot": "LGPL-3.0: an extra that is installed beside maemae, called as a "
    "library and not changed, which its licence allows of programs under any.",
    "docutils": "public domain and BSD-2-Clause; the GPL is that of a file for Emacs that is not "
    "used. A tool of the tests.",
}
"""Checked by hand, with the reason; by normalised name."""


def main(arguments: list[str]) -> int:
    """Check; return the exit status."""
    wrong = [line for line in map(judged, locked()) if line]
    for line in wrong:
        print(f"licence: {line}")
    print(f"licences: {len(locked())} packages, {len(wrong)} not on the list")
    faults = advisories() if "--advisories" in arguments else 0
    return 1 if wrong or faults else 0


def locked() -> list[Distribution]:
    """Return what is installed of the packages in uv.lock."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    names = {normal(package["name"]) for package in lock["package"]} - {"maemae"}
    there = {normal(one.metadata["Name"]): one for one in distributions()}
    return [there[name] for name in sorted(names & there.keys())]


def judged(package: Distribution) -> str:
    """Return what is wrong with the licence of a package; blank where nothing is."""
    name = normal(package.metadata["Name"])
    if name in BY_HAND:
        return ""
    said = stated(package)
    if not said:
        return f"{name} states none: read its files and write it down in tools/audit.py"
    if any(REFUSED.search(one) for one in said):
        return f"{name} is under {'; '.join(said)}"
    if not any(word in one for one in said for word in ALLOWED):
        return f"{name} is under {'; '.join(said)}, which is on no list"
    return ""


def stated(package: Distribution) -> list[str]:
    """Return the licences that a package states: expression, else classifiers, else text."""
    metadata = package.metadata
    expressions = metadata.get_all("License-Expression")
    if expressions:
        return expressions
    classifiers = metadata.get_all("Classifier") or []
    found = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    text = " ".join(metadata.get_all("License") or []).strip()
    return found or ([text[:200]] if text and text != "UNKNOWN" else [])


def advisories() -> int:
    """Ask for known faults of the locked packages; return the status, 0 where nobody answers."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        export = [uv, "export", "--frozen", "--no-emit-project", "--all-extras", "-o", str(wanted)]
        try:
            subprocess.run(  # noqa: S603 - our own words
                export, check=True, capture_output=True, cwd=ROOT
            )
            asked = subprocess.run(  # noqa: S603 - our own words
                [uv, "tool", "run", "pip-audit", "--disable-pip", "-f", "json", "-r", str(wanted)],
                check=False, capture_output=True, text=True, timeout=300,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            print(f"advisories: could not be asked ({type(error).__name__})")
            return 0
    return told(asked.stdout)


def told(answer: str) -> int:
    """Say what pip-audit's JSON comes to; return 1 where a package has a known fault."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        print("advisories: could not be asked")
        return 0
    faulty = [one for one in packages if one.get("vulns")]
    for one in faulty:
        known = ", ".join(fault["id"] for fault in one["vulns"])
        print(f"advisory: {one['name']} {one.get('version', '')}: {known}")
    unasked = sum("skip_reason" in one for one in packages)
    print(
        f"advisories: {len(packages)} packages, {len(faulty)} with known faults, "
        f"{unasked} could not be asked about"
    )
    return 1 if faulty else 0


def normal(name: str) -> str:
    """Return the name of a package as indices compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
