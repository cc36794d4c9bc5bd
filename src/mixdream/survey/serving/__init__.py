"""Web pages: assignment, listening, answers, progress."""
