"""What a test may say: the typed form of ``survey.yaml``, reading and writing it."""
