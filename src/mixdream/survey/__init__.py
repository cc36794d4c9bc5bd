"""Listening tests: design, clips, serving, analysis."""
