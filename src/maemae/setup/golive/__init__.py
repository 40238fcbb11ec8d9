"""Going live: the evidence that is demanded before real money may be traded with."""
