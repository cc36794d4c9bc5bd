"""Recipes: TOML files that say grid, windows, model and training, and their typed form."""
