"""What is known of the broker's servers: each fact once, with its value, how it is known, since."""
