"""An exchange whose market arrives from outside, trade by trade, instead of being replayed."""
