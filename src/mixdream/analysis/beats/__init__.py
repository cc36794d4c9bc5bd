"""Beats, downbeats and tempo of a set."""
