"""What is heard in one piece of audio."""
