"""Sessions and answers in SQLite or PostgreSQL."""
