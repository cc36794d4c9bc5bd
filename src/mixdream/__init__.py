"""mixdream learns from your own DJ sets and dreams up new electronic music."""

__version__ = "0.1.0"
