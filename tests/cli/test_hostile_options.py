"""Options that no command can do with end in a line, not in a traceback."""

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import MaemaeError


@pytest.mark.parametrize(
    "arguments",
    [
        ("exchange", "--port", "-1"),
        ("exchange", "--port", "65536"),
        ("exchange", "--virtual-port", "-1"),
        ("exchange", "--speed", "nan"),
        ("exchange", "--speed", "9" * 5_000),
        ("demo", "--speed", "nan"),
        ("demo", "--speed", "1e99999999"),
        ("dashboard", "--port", "-1"),
        ("backtest", "momentum", "--slippage", "nan"),
        ("backtest", "momentum", "--participation", "inf"),
        ("prove", "chaos", "--rate", "nan"),
        ("prove", "chaos", "--seconds", "inf"),
        ("run", "--config", "/dev/zero"),
        ("config", "show", "--config", "/dev/zero"),
        ("init", "--import", "/dev/zero", "--no-input"),
        ("restore", "/dev/zero"),
    ],
)
def test_a_value_that_cannot_be_is_refused(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(build(), list(arguments))
    assert result.exit_code == 2 or isinstance(result.exception, MaemaeError)
    said = str(result.exception) if isinstance(result.exception, MaemaeError) else result.output
    assert "Traceback" not in said
    assert len(said) < 2_000
