"""Runs to clips: sampling, inversion, writing."""
