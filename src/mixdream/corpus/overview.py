"""Overview of a set: its level, tempo and spectrum from beginning to end, in one picture."""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mixdream.corpus.store import Corpus, SetRecord
from mixdream.progress import clock
from mixdream.spectrogram.frames import cut_frames

COLUMNS = 900
FLOOR_DB = -90.0
_N_FFT = 1024
_LOOKS = 6  # Fourier transforms averaged per column: enough for a picture of hours in a second


def draw_overview(corpus: Corpus, record: SetRecord) -> Figure:
    """Draw a set over the time of its source; what was dropped is hatched.

    Above, peak and root-mean-square level in dBFS; then the tempo, grey where it is not sure; below, the long
    spectrogram in dB.
    """
    columns = int(np.clip(record.seconds * 5, 20, COLUMNS))
    peak_db, rms_db, spectra_db = measure(corpus, record, columns)
    edges = np.linspace(0, record.seconds, columns + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    figure = Figure(figsize=(11, 6.2), layout="constrained")
    above, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=(1, 0.8, 2))
    above.plot(middles, peak_db, linewidth=0.6, color="#9db7d1", label="peak")
    above.plot(middles, rms_db, linewidth=0.9, color="#1f4e79", label="level")
    above.set(ylabel="dBFS", ylim=(-60, 1), xlim=(0, record.seconds))
    above.legend(loc="lower right", ncols=2, frameon=False, fontsize="small")
    above.grid(alpha=0.25)
    _draw_tempo(middle, record)
    shown = below.imshow(
        np.ma.masked_invalid(spectra_db),
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=FLOOR_DB,
        vmax=-20,
        extent=(0, record.seconds, 0, corpus.rate_hz / 2),
    )
    for span in record.dropped:
        for axes in (above, middle, below):
            axes.axvspan(span.start_s, span.stop_s, facecolor="#dddddd", edgecolor="#888888", hatch="//")
    below.set(ylabel="frequency (Hz)", xlabel="time in the source")
    below.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 1.5, 3, 6, 10]))
    below.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds)))
    figure.colorbar(shown, ax=below, label="dB", pad=0.01)
    loudness = "" if record.loudness_lufs is None else f", {record.loudness_lufs:.1f} LUFS"
    above.set_title(f"{record.name}: {clock(record.kept_s)} kept{loudness}", parse_math=False)
    return figure


def _draw_tempo(axes: Axes, record: SetRecord) -> None:
    """Draw one line per block of the tempo."""
    for sure, color in ((False, "#b0b0b0"), (True, "#b5442c")):
        blocks = [block for block in record.tempo if block.sure == sure]
        axes.hlines(
            [block.bpm for block in blocks],
            [block.start_s for block in blocks],
            [block.stop_s for block in blocks],
            colors=color,
            label="sure" if sure else "not sure",
        )
    low, high = record.tempo_range_bpm or (78, 182)
    axes.set(ylabel="BPM", ylim=(min(low - 5, high - 10), max(high + 5, low + 10)))
    axes.legend(loc="lower right", ncols=2, frameon=False, fontsize="small")
    axes.grid(alpha=0.25)


def measure(corpus: Corpus, record: SetRecord, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels and spectra of a set in equal steps of its source's time.

    Returns
    -------
    peak_db, rms_db : np.ndarray, shape (columns,), in dBFS
    spectra_db : np.ndarray, shape (n_fft // 2 + 1, columns), in dB below a full-scale sine
        NaN where nothing was kept.
    """
    audio = corpus.audio(record.name)
    window = np.hanning(_N_FFT)
    peak, rms = np.full(columns, np.nan), np.full(columns, np.nan)
    spectra = np.full((_N_FFT // 2 + 1, columns), np.nan)
    edges = np.linspace(0, record.seconds, columns + 1)
    for column, (start_s, stop_s) in enumerate(pairwise(edges)):
        start, stop = _longest_kept(record, start_s, stop_s)
        if stop <= start:
            continue
        part = audio[start:stop].astype(np.float32) / 32768
        peak[column] = np.abs(part).max()
        rms[column] = np.sqrt(np.square(part, dtype=np.float64).mean())
        last = max(0, min(stop, record.samples) - _N_FFT)
        looks = np.linspace(min(start, last), last, _LOOKS).astype(int)
        frames = cut_frames(audio, _N_FFT, looks).mean(axis=1) / 32768
        magnitude = np.abs(np.fft.rfft(frames * window)) * 2 / window.sum()
        spectra[:, column] = np.square(magnitude).mean(axis=0)
    return _db(np.square(peak)), _db(np.square(rms)), _db(spectra)


def _longest_kept(record: SetRecord, start_s: float, stop_s: float) -> tuple[int, int]:
    """Find the longest run of kept samples within a span of the source; it may be empty."""
    longest = (0, 0)
    for (start, stop), source_s in zip(record.segments, record.segment_starts_s, strict=True):
        first = start + round((start_s - source_s) * record.rate_hz)
        last = start + round((stop_s - source_s) * record.rate_hz)
        inside = (max(first, start), min(last, stop))
        longest = max(longest, inside, key=lambda span: span[1] - span[0])
    return longest


def _db(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(power, 1e-12))
