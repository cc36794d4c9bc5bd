"""Fit the scales by which the networks' evidence of bars comes true; judge each track by the others.

Run ``python -m benchmarks.bars.calibrate MUSIC``: MUSIC is the folder of the tracks of
``tests/analysis/beats/real_downbeats.tsv``. Those that the networks were fitted to do not count. It prints
the two scales of `mixdream.analysis.beats.calibration`, then the tracks that would be wrong from 0.93 on
where both are fitted without their artist.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from tests.analysis.beats.real_tracks import real_tracks

from benchmarks.bars.examples import real_examples
from benchmarks.bars.fit import permissive
from mixdream.analysis.beats.bar_net import READINGS, STATES, bar_evidence
from mixdream.analysis.beats.calibration import scaled_log_probability

_BEAT = np.repeat([*READINGS, 0], [*(4 * beat for beat in READINGS), 1])  # slots, of each reading
_SURE = 0.93


@dataclass(frozen=True)
class Heard:
    """Mean log probability of each reading of a track, and which is true."""

    file: str
    means: np.ndarray
    true: int

    def log_probability(self, reading: int, tempo_scale: float, place_scale: float) -> float:
        """That a reading is right."""
        of_tempo, of_place = scaled_log_probability(self.means[None], reading, tempo_scale, place_scale)
        return float(of_tempo[0] + of_place[0])


def hear(folder: Path, file: str) -> Heard | None:
    """Evidence of the longest stretch with one pulse; None where no reading holds for most of it."""
    example = max(real_examples(folder, {file}), key=lambda example: len(example.state))
    evidence = bar_evidence(example.features.astype(np.float32))
    slots = np.arange(len(example.state))
    means, agree = np.empty(STATES + 1), np.empty(STATES + 1)
    for reading, beat in enumerate(_BEAT):
        first = 4 * (beat - READINGS[0])
        state = np.full(len(slots), STATES) if beat == 0 else first + (reading - first + slots) % (4 * beat)
        means[reading] = evidence[state, slots].mean()
        agree[reading] = (example.state == state).mean()
    return Heard(file, means, int(agree.argmax())) if agree.max() > 0.8 else None


def fit_scales(tracks: list[Heard]) -> tuple[float, float]:
    """The most likely scales for tempos and places; each is fitted by itself, since the product is."""
    scales = []
    for which in range(2):

        def cost(log_scale: float, which: int = which) -> float:
            pair = [1.0, 1.0]
            pair[which] = float(np.exp(log_scale))
            return -sum(track.log_probability(track.true, *pair) for track in tracks)

        scales.append(float(np.exp(minimize_scalar(cost, bounds=(-2, 3), method="bounded").x)))
    return scales[0], scales[1]


def main() -> None:
    """Print scales, then what they would be without each artist and which tracks would be wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("music", type=Path)
    folder = parser.parse_args().music
    learnt = permissive(folder)
    heard = [hear(folder, label.file) for label in real_tracks() if label.file not in learnt]
    tracks = [track for track in heard if track is not None]
    tempo_scale, place_scale = fit_scales(tracks)
    print(f"{len(tracks)} tracks: tempo {tempo_scale:.2f}, place {place_scale:.2f}")
    right = 0
    for track in tracks:
        artist = Path(track.file).parts[0]
        scales = fit_scales([other for other in tracks if Path(other.file).parts[0] != artist])
        best = int(track.means.argmax())
        if best == STATES or track.log_probability(best, *scales) < np.log(_SURE):
            continue
        right += best == track.true
        if best != track.true:
            print(f"{track.file} is wrong with {scales[0]:.2f}, {scales[1]:.2f}")
    print(f"{right} are right and above {_SURE} with the scales of the other artists")


if __name__ == "__main__":
    main()
