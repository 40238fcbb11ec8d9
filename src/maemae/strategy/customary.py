"""Customary numbers of two ways of trading, shared by their presets and the trader's books."""

from decimal import Decimal

SCALPER_NAMES = 5
SCALPER_TAKE_PROFIT = Decimal("0.02")
SCALPER_STOP_LOSS = Decimal("0.01")

TARGET_BAND = Decimal("0.05")
"""How far above its reference price a name of a target list is still bought."""

TARGET_TAKE_PROFIT = Decimal("0.05")
TARGET_STOP_LOSS = Decimal("0.03")
TARGET_DAYS = 5
