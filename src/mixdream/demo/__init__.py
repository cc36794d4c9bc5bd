"""Built-in DJ sets, synthesised: try everything without music of your own.

Five short sets (techno, house, trance, jungle, ambient; about four minutes in all) are computed from
step patterns, with a ground truth no recording has: where every beat, bar, track and section lies.

The public names live in `mixdream.demo.sets`, so that importing this package stays cheap:

- ``SETS``: the names of the sets.
- ``RATE_HZ``: their sample rate, 44 100 Hz.
- ``render_set(name, seed=0)``: stereo audio and its `GroundTruth`.
- ``write_sets(folder, seed=0)``: all sets as FLAC, each with its ground truth as JSON.

Downwards from there: `specs` holds the music as data, `mixing` plays tracks into each other, `track`
turns one spec into audio, `score` turns patterns into notes, `drums` and `instruments` sound them,
`effects` and `synth` are the signal processing, `truth` is the ground truth.
"""
