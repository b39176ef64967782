"""What the program says about itself to those who run it: log lines and numbers. Evidence is elsewhere."""
