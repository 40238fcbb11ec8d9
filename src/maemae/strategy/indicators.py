"""Indicators TA-Lib lacks, or defines otherwise, built from the language itself."""

from collections.abc import Callable
from typing import Any

OWN: dict[str, Callable[..., Any]] = {}
