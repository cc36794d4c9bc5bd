"""Audio files: streaming decode, resampling, loudness, writing."""
