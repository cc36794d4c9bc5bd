"""Fitting the network that hears what is struck in a loop; see `benchmarks.lines.fit`."""
