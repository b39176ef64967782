"""Where the secrets of devices come from."""
