"""What Cordon does: plans, runs, restores and recovers, over the ports of ``engine.ports``."""
