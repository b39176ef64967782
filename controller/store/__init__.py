"""What is on record: one SQLite database per home, its journal, lead, history and audit log."""
