"""The site as a network: what reaches what, over which way, and what a cut takes from whom."""
