"""Training loops, checkpoints, convergence."""
