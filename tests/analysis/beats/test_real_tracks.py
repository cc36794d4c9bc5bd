"""The labels of real tracks: each can be meant, and a grid made from it is right, moved by a beat wrong."""

from collections import Counter
from dataclasses import replace

import numpy as np

from mixdream.analysis.beats.beats import Beats
from tests.analysis.beats.real_tracks import RealTrack, real_tracks
from tests.analysis.beats.verdict import verdict


def beats_of(track: RealTrack) -> Beats:
    """The labelled grid as beats that are all sure."""
    inside = (track.beat_s >= track.from_s) & (track.beat_s <= track.to_s)
    return Beats(track.beat_s[inside] * 8000, track.in_bar[inside], np.ones(inside.sum(), bool))


def test_every_label_can_be_meant() -> None:
    tracks = real_tracks()
    assert len({track.file for track in tracks}) == len(tracks) >= 30
    assert Counter(track.source for track in tracks)["score"] >= 12
    for track in tracks:
        assert 70 <= track.bpm <= 180 and track.quarters in (3, 4, 5), track.file
        assert 0 <= track.first_downbeat_s < track.quarters * 60 / track.bpm, track.file
        assert track.from_s + 30 < track.to_s and track.source in ("score", "pictures"), track.file


def test_its_own_grid_is_right_in_four_quarters_and_a_grid_beside_it_wrong() -> None:
    for track in real_tracks():
        grid = beats_of(track)
        assert verdict(track, grid) == ("sure and right" if track.quarters == 4 else "sure and wrong")
        for beats in (0.5, 1, 2):
            moved = replace(track, first_downbeat_s=track.first_downbeat_s + beats * 60 / track.bpm)
            assert verdict(moved, grid) == "sure and wrong", (track.file, beats)
