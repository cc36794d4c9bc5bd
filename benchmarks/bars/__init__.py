"""How the networks that read bars are fitted: music made up at random, examples of it, the fit."""
