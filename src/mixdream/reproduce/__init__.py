"""The thesis in one command: its experiments at any scale, and a report in its order."""
