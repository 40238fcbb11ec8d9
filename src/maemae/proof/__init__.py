"""The proof: the trader against the simulated exchange, with everything going wrong on purpose."""
