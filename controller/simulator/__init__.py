"""Strict, stateful network devices over real SSH on loopback, in a process of their own.

Written from the vendors' documentation and from nothing else: the package reads no device profile and
imports nothing of the controller, so that what it contradicts is really contradicted. Everything
listens on 127.0.0.1. A simulated device says so: ``show version`` names the image ``CORDON-SIMULATED``.
"""
