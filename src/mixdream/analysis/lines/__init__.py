"""Lines of a loop: what its bass, melody and drums play, as notes."""
