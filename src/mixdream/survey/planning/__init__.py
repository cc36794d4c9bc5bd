"""Presets of the usual tests, and how many listeners they need."""
