"""Built-in DJ sets, synthesised."""
