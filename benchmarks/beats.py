"""Beats of renderings whose bars are known: sure and right, sure and wrong, or not sure, by genre.

Below, those in 4/4 once more, where the tempo is given, and where a downbeat is given, too.

Run ``python -m benchmarks.beats [--every N]``.
"""

import argparse
import time
from collections import Counter, defaultdict

from tests.analysis.beats.beat_audio import track
from tests.analysis.beats.patterns import rendered, renderings
from tests.analysis.beats.verdict import VERDICTS, verdict

from mixdream.analysis.beats.hints import Hints


def main() -> None:
    """Print a row for each genre and the speed of tracking."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take only every so many renderings")
    chosen = parser.parse_args()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    told: dict[str, Counter[str]] = defaultdict(Counter)
    spent_s = heard_s = 0.0
    for case in renderings(chosen.every):
        rendering = rendered(case)
        began = time.process_time()
        beats, _ = track(rendering.audio)
        spent_s += time.process_time() - began
        heard_s += len(rendering.audio) / 8000
        counts[rendering.genre][verdict(rendering, beats)] += 1
        if rendering.quarters == 4:
            tempo = ((0.0, rendering.bpm),)
            downbeat = 8000 * rendering.beat_s[rendering.in_bar == 0][4]
            told["4/4, as heard"][verdict(rendering, beats)] += 1
            for name, hints in (("tempo given", Hints(tempo)), ("and a downbeat", Hints(tempo, (downbeat,)))):
                told[name][verdict(rendering, track(rendering.audio, hints=hints)[0])] += 1
    counts["all"] = sum(counts.values(), Counter())
    print(f"{'beats of renderings':20s}" + "".join(f"{name:>18s}" for name in VERDICTS))
    for genre, row in (counts | told).items():
        print(f"{genre:20s}" + "".join(f"{row[name]:18d}" for name in VERDICTS))
    print(f"tracked {heard_s / spent_s:.0f} times as fast as it plays, one core's time")


if __name__ == "__main__":
    main()
