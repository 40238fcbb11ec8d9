"""The simulated exchange that speaks KIS's protocol."""
