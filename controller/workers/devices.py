"""The process that worker processes are forked from: ``python -m controller.workers.devices LINE``, where
``LINE`` is the number of the descriptor that leads to the leader. Nobody starts it by hand."""

from __future__ import annotations

import sys

from controller.bootstrap.process import nurse_workers

if __name__ == "__main__":
    nurse_workers(int(sys.argv[1]))
