"""Who somebody is, what they may do, and what takes a second person."""
