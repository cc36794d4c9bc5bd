"""What is taken away: recordings that are rendered, and mixes."""
