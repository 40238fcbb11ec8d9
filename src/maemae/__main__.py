"""`python -m maemae` is the same as the `maemae` command."""

from maemae.cli import main

if __name__ == "__main__":
    main()
