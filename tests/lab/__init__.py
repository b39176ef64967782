"""A hospital's network in namespaces of this machine: real switches, a real router, a real firewall, real traffic.

``python -m tests.lab`` boots it to play with; ``tests/lab/conftest.py`` offers it to tests.
"""
