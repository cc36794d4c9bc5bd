"""How the network that reads bars was fitted: music made up at random, features, fit."""
