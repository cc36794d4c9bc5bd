"""Training: the loop, one objective per family of models, the doctor, pictures."""
