"""A run on disk: its folder, checkpoints, networks, conditions and noise."""
