"""What a simulated market looks like: whether its paths are a fair game, and its statistics."""
