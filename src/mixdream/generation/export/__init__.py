"""Export: what a producer takes away from finished loops."""
