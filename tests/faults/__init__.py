"""Faults of devices and of the controller's own process, at a simulated site; see docs/faults.md."""
