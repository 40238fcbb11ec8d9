"""There are properties enough, and state machines for what must never break."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("properties", ROOT / "tools" / "properties.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_forty_properties_and_machines_for_orders_and_ledger() -> None:
    found = list(tool().properties())
    assert len(found) >= tool().LEAST
    assert {room for room, kind, _ in found if kind == "machine"} >= {"desk", "ledger"}


def test_only_what_hypothesis_drives_is_counted(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "test_it.py").write_text(
        "@given(x)\ndef test_a(): ...\n"
        "@pytest.mark.parametrize('n', [1, 2])\n@hypothesis.given(x)\ndef test_b(): ...\n"
        "def test_c(): ...\n"
        "class M(RuleBasedStateMachine): ...\nclass N(Other): ...\n"
    )
    assert list(tool().properties(tmp_path)) == [
        ("room", "given", "test_a"),
        ("room", "given", "test_b"),
        ("room", "machine", "M"),
    ]
