"""The tempo that clips play at, where a run learnt from windows of whole beats."""

from mixdream.errors import InputError
from mixdream.runs.run import Run

BPM = (40.0, 300.0)


def playing_tempo(run: Run, bpm: float | None = None) -> tuple[float | None, float]:
    """Tempo of a run's clips, and how much faster that is than the model's own.

    Windows of beats are brought to one tempo by varispeed before a model sees them; the same varispeed the
    other way gives its clips any tempo, and at that of the music their pitch too. Unless given, the tempo is
    the median of the windows that the run learnt from, to the whole BPM.

    A run whose windows are seconds has no tempo: None, and 1 for the speed, by which to multiply the rate of
    the model's audio.

    Raises
    ------
    InputError
        A tempo for a run that has none, or one outside `BPM`.
    """
    own_bpm = run.recipe.tempo_bpm
    if own_bpm is None:
        if bpm is not None:
            raise InputError(
                f"{run.folder} has no tempo: recipe {run.recipe.name} learns from windows of "
                f"{run.recipe.windows.seconds} s; leave --bpm out, or train a recipe with windows.beats, "
                "such as 'loops'"
            )
        return None, 1.0
    if bpm is None:
        bpm = float(round(run.info().get("tempo_bpm", own_bpm)))
    check_bpm(bpm)
    return bpm, bpm / own_bpm


def check_bpm(bpm: float) -> None:
    """Refuse a tempo outside `BPM`."""
    if not BPM[0] <= bpm <= BPM[1]:
        raise InputError(f"a tempo of {bpm:g} BPM is not possible: {BPM[0]:g} to {BPM[1]:g} BPM are")
