"""What lets others check the log without trusting this machine: keys, signatures, checkpoints."""
