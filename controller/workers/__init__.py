"""Process entry points: who leads a home, and how a request reaches the leader."""
