"""What each peer runs, as a script in an environment of its own: nothing of Cordon is imported here.

Given the path of a job, each prints one JSON line: ``go`` (CLOCK_MONOTONIC in nanoseconds, right before the
first connection), ``verified`` (the switches whose ports it read back as shut) and ``errors`` by switch.
"""
