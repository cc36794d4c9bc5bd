"""Loops as they are played with: made, kept, compared, put on pads."""
