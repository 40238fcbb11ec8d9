"""Where the candidates of books come from."""
