"""What the site's other machines are told: the log, sent on as it grows."""
