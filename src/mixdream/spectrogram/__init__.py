"""Audio to spectrogram and back: grids, forward transform, scaling, inversion."""
