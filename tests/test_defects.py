"""The catalogue of planted defects fits the code; what it comes to is for `tools/defects.py`."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def tool() -> Any:
    spec = importlib.util.spec_from_file_location("defects", ROOT / "tools" / "defects.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_defect_can_be_planted() -> None:
    defects = tool()
    catalogue = defects.read(defects.CATALOGUE / "catalogue.toml")
    for one in catalogue:
        compile(one.source(), one.file, "exec")
    names = [one.name for one in catalogue]
    assert len(set(names)) == len(names)
    assert all(one.kind and one.why for one in catalogue)
