"""Sets made ready for training: ingest, index, windows, split, report."""
