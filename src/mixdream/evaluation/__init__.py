"""What measures: metrics on arrays and spectrograms, of real music and of generated clips."""
