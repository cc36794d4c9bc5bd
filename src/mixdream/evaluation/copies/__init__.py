"""Copies: whether a clip is a moment of the music that it learnt from."""
