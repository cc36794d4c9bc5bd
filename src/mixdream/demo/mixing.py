"""Tracks of one tempo mixed into a set, as a DJ does: beats aligned, highs crossfaded, basses swapped."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import signal

from mixdream.demo.score import Track
from mixdream.demo.synth import RATE_HZ, Audio, to_samples
from mixdream.demo.truth import SectionSpan, TrackSpan

BASS_HZ = 180.0


def crossfade(outgoing: Audio, incoming: Audio) -> Audio:
    """Lead from one piece of audio to another of the same shape.

    What lies above 180 Hz fades at equal power from start to end. The basses change places within an
    eighth of the length, in its middle: two basslines at once would fight.
    """
    position = np.linspace(0.0, 1.0, outgoing.shape[-1], dtype=np.float32)
    swap = np.clip((position - 0.5) * 8.0 + 0.5, 0.0, 1.0)
    # Filtered forwards and back, so that bass and rest are in phase and none leaks into the other.
    split = signal.butter(4, BASS_HZ, "lowpass", fs=RATE_HZ, output="sos")
    total = np.zeros_like(outgoing)
    for audio, high, low in (
        (outgoing, np.cos(0.5 * np.pi * position), 1.0 - swap),
        (incoming, np.sin(0.5 * np.pi * position), swap),
    ):
        bass = signal.sosfiltfilt(split, audio, axis=-1).astype(np.float32)
        total += high * (audio - bass) + low * bass
    return total


def mix_tracks(
    tracks: Sequence[Track], rendered: Sequence[tuple[Audio, list[SectionSpan]]], overlap_bars: int
) -> tuple[Audio, list[TrackSpan], list[SectionSpan]]:
    """Join tracks of one tempo so that the last bars of each sound with the first of the next.

    ``rendered`` is what `render_track` made of each; ``overlap_bars`` is the length of the outro of each and
    of the intro of the next. The two sections that overlap become one, named "mix".
    """
    bar_s = tracks[0].bar_s
    if any(track.bpm != tracks[0].bpm for track in tracks):
        raise ValueError(f"tracks of a set share one tempo, got {[track.bpm for track in tracks]} BPM")
    total_bars = sum(track.bars for track in tracks) - overlap_bars * (len(tracks) - 1)
    audio = np.zeros((2, to_samples(total_bars * bar_s)), np.float32)
    spans: list[TrackSpan] = []
    sections: list[SectionSpan] = []
    first_bar = 0
    for index, (track, (sound, own_sections)) in enumerate(zip(tracks, rendered, strict=True)):
        start_s, end_s = first_bar * bar_s, (first_bar + track.bars) * bar_s
        start = to_samples(start_s)
        region = audio[:, start : start + sound.shape[-1]]
        overlap = to_samples(overlap_bars * bar_s) if index else 0
        region[:, :overlap] = crossfade(region[:, :overlap], sound[:, :overlap]) if overlap else 0.0
        region[:, overlap:] = sound[:, overlap : region.shape[-1]]
        spans.append(TrackSpan(track.title, track.genre, track.bpm, track.key, start_s, end_s))

        shifted = [replace(s, start_s=start_s + s.start_s, end_s=start_s + s.end_s) for s in own_sections]
        if index:
            outro, intro = sections.pop(), shifted.pop(0)
            sections.append(
                replace(
                    outro,
                    name="mix",
                    drums=outro.drums or intro.drums,
                    beat_audible=outro.beat_audible or intro.beat_audible,
                )
            )
        sections += shifted
        first_bar += track.bars - overlap_bars
    # Floating sums may differ by an ulp where one section ends and the next starts.
    for index in range(1, len(sections)):
        sections[index] = replace(sections[index], start_s=sections[index - 1].end_s)
    return audio, spans, sections
