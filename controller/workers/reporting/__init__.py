"""The report of an incident: read from the log, put into words, set as pages."""
