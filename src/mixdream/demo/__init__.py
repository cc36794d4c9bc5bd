"""Built-in DJ sets, synthesised: try everything without music of your own.

Five short sets (techno, house, trance, jungle, ambient; about four minutes in all) are computed from
step patterns, with a ground truth no recording has: where every beat, bar, track and section lies.

`sets` renders and writes them; downwards from there, `specs` holds the music as data, `mixing` plays tracks
into each other, `track` turns one spec into audio, `score` turns patterns into notes, `drums` and
`instruments` sound them, `effects` and `synth` are the signal processing, `truth` is the ground truth.
"""
