"""Metrics, reports and copy checks: how close to real music clips are, how varied, and whether copied."""
