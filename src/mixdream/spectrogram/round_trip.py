"""Round trip: real audio through a grid, its scaling and an inversion, as a perfect model would send it."""

from collections.abc import Sequence

from torch import Tensor

from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import fit_statistics
from mixdream.spectrogram.transform import magnitudes


def there_and_back(
    windows: Tensor,
    grid: Grid,
    inversion: str,
    seeds: Sequence[int],
    sets: Sequence[str],
    scaler: Scaler | None = None,
) -> tuple[Tensor, Tensor]:
    """Turn audio into spectrograms and back.

    Parameters
    ----------
    windows : Tensor, shape (n, samples), float32
        At least `Grid.samples` long at the grid's rate.
    seeds : sequence of int, one per window
        Of random phases.
    sets : sequence of str, one per window
        The sets they are from: the reference of ``log-standard`` belongs to a set.
    scaler : Scaler, optional
        A trained model's; without it ``log-standard`` is fitted on the windows themselves.

    Returns
    -------
    audio : Tensor, shape (n, grid.clip_samples), float32
        Of each window from sample ``grid.lead`` on.
    magnitudes : Tensor, shape (n, bins, frames)
        Of the windows, before they were scaled.
    """
    wanted = magnitudes(windows, grid)
    if scaler is None:
        fitted = grid.scaling == "log-standard"
        scaler = Scaler(grid.scaling, fit_statistics(lambda: [(list(sets), wanted)]) if fitted else None)
    return invert(inversion, scaler.unscale(scaler.scale(wanted, sets), sets), grid, seeds), wanted
