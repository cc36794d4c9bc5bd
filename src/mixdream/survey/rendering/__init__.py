"""Sound files to clips: one loudness, opaque names, through a grid or made bad."""
