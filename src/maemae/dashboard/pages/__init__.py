"""The pages; each module has `register(board)`."""
