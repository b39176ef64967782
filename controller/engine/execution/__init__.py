"""A plan carried out: sessions, operations, waves, and what is on record before and after each."""
