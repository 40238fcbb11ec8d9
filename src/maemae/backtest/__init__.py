"""Backtests: a strategy's declared rules over history, by a compiled loop and by the live desk."""
