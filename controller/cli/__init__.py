"""The command line: asks the front office, shows what it answers. No rule of the domain lives here."""
