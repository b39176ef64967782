"""An incident told from its log: what was decided, cut, proven and brought back, by the entries alone."""
