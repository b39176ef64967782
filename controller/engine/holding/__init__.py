"""What is held: how well it is known to be cut, read again on schedule, and cut again where it opened."""
