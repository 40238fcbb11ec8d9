"""Time zones of the markets, apart from any clock, so that pure rooms may know them."""

from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")
"""Korean time; every timestamp of the Korean market is aware and in this zone."""
