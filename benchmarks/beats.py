"""Beats whose bars are known: sure and right, sure and wrong, or not sure.

Run ``python -m benchmarks.beats [--every N]`` for renderings by genre. With ``--music FOLDER`` the tracks of
``tests/analysis/beats/real_downbeats.tsv`` are judged; the share of sure beats is that of the whole folder.
Renderings in 4/4 are judged once more where the tempo is given, and where a downbeat is given, too.
"""

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from tests.analysis.beats.beat_audio import track
from tests.analysis.beats.patterns import rendered, renderings
from tests.analysis.beats.real_tracks import RealTrack, real_tracks
from tests.analysis.beats.verdict import VERDICTS, right_beats, verdict

from mixdream.analysis.beats.beats import Beats
from mixdream.analysis.beats.hints import Hints
from mixdream.corpus.ingest import ingest
from mixdream.corpus.sources import find_sources
from mixdream.corpus.store import SourceFile


def main() -> None:
    """Print a row for each genre and the speed of tracking, or a row for each real track."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take only every so many renderings")
    parser.add_argument("--music", type=Path, help="judge the labelled tracks of this folder instead")
    chosen = parser.parse_args()
    if chosen.music:
        judge_music(chosen.music)
    else:
        judge_renderings(chosen.every)


def judge_renderings(every: int) -> None:
    """Print a row of verdicts for each genre, and the speed of tracking."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    told: dict[str, Counter[str]] = defaultdict(Counter)
    spent_s = heard_s = 0.0
    for case in renderings(every):
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


def judge_music(folder: Path) -> None:
    """Print for each track how many beats are sure, how many of these are wrong, and the verdict."""
    labels = {label.file: label for label in real_tracks()}
    counts: dict[str, Counter[str]] = {"score": Counter(), "pictures": Counter()}
    beats_in_all = sure_in_all = 0
    print(f"{'real track':46s}{'sure':>6s}{'wrong':>7s}  verdict")
    folder = folder.resolve()
    for path in find_sources([folder]):
        beats = source_beats(path)
        beats_in_all += len(beats)
        sure_in_all += int(beats.sure.sum())
        name = path.relative_to(folder).as_posix()
        label = labels.get(name)
        share = f"{100 * beats.sure.mean():4.0f} %" if len(beats) else "no beats"
        if label is None:
            print(f"{name[:45]:46s}{share:>6s}{'':7s}  no label")
            continue
        labelled = within(beats, label)
        given = verdict(label, labelled)
        counts[label.source][given] += 1
        wrong = labelled.sure & ~right_beats(label, labelled)
        what = f": {fault(label, labelled, wrong)}" if given == "sure and wrong" else ""
        print(f"{name[:45]:46s}{share:>6s}{wrong.sum():7d}  {given}{what}", flush=True)
    for name, row in {**counts, "all": counts["score"] + counts["pictures"]}.items():
        print(f"{name:10s}" + ", ".join(f"{row[given]} {given}" for given in VERDICTS))
    print(f"sure: {sure_in_all / max(1, beats_in_all):.3f} of the {beats_in_all} beats of the folder")


def source_beats(path: Path) -> Beats:
    """Beats as a corpus has them, but in samples of the source at 8 kHz."""
    with tempfile.TemporaryDirectory() as scratch:
        target, kept = Path(scratch) / "audio.npy", Path(scratch) / "beats.npy"
        record = ingest(path, SourceFile(name="x", source=str(path)), target, kept, 8000, 1)
        beats = Beats.read(kept)
    starts = np.array([start for start, _ in record.segments])
    segment = np.searchsorted(starts, beats.sample, side="right") - 1
    in_source = np.array(record.segment_starts_s)[segment] * 8000 + beats.sample - starts[segment]
    return Beats(in_source, beats.in_bar, beats.sure)


def within(beats: Beats, label: RealTrack) -> Beats:
    """The beats for which a label holds."""
    inside = (beats.sample >= label.from_s * 8000) & (beats.sample <= label.to_s * 8000)
    return Beats(beats.sample[inside], beats.in_bar[inside], beats.sure[inside])


def fault(label: RealTrack, beats: Beats, wrong: np.ndarray) -> str:
    """What is wrong with most of the wrong beats: metre, tempo, or where the bar begins."""
    if label.quarters != 4:
        return f"{label.quarters} quarters in a bar"
    time_s = beats.sample / 8000
    factor = float(np.median(60 / np.gradient(time_s)[wrong])) / label.bpm
    if abs(factor - 1) > 0.05:
        return f"tempo x {factor:.2f}"
    late = ((time_s - label.first_downbeat_s) * label.bpm / 60 - beats.in_bar)[wrong] % 4
    quarter_beats = Counter((np.rint(late * 4).astype(int) % 16).tolist())
    most, count = quarter_beats.most_common(1)[0]
    return f"bar begins {most / 4:g} beats late ({count / wrong.sum():.0%} of the wrong beats)"


if __name__ == "__main__":
    main()
