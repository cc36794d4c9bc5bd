"""Stems: one loop heard as drums, bass and the rest."""
