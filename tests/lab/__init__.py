"""A hospital's network in namespaces of this machine: real switches, router and firewall, real traffic.

``python -m tests.lab`` boots it to play with; ``tests/lab/conftest.py`` offers it to tests.
"""
