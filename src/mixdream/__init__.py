"""mixdream learns from your own DJ sets and dreams up new electronic music."""

__version__ = "0.1.0"

HIGHEST_SEED = 2**53
"""Seeds go from 0 to this: JSON and JavaScript hold it exactly."""
