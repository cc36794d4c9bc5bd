"""Check of a source: what makes a decoded file useless, what should be known of one that is used."""

import math
from collections.abc import Iterator

from mixdream.audio.damage import Damage
from mixdream.audio.decode import Decoder
from mixdream.errors import InputError

SHORTEST_S = 4.05
"""A set needs one continuous piece of this length: the window of the thesis."""

CORRUPT_LIMIT = 0.01
"""Largest part of a file that may be damaged."""

_QUIET_GAIN = 0.5  # every other real track needs some gain; only this much is worth a word
_NAMED_SPOTS = 3
_UNREAD_BYTES = 1 << 16


def check_damage(decoder: Decoder) -> None:
    """Reject what is damaged beyond the limit; one spot of a second, as at a cut-off end, is forgiven."""
    damage = decoder.damage
    forgiven = len(damage.spots) <= 1 and damage.share * damage.decoded_s <= 1.0
    if damage.share > CORRUPT_LIMIT and not forgiven:
        raise InputError(
            f"'{decoder.path}' is damaged: {damage.corrupt_packets} of its packets ({damage.share:.1%}) are "
            f"corrupt or missing, {_places(damage)}; 1 % is allowed"
        )
    if decoder.nonfinite_samples > CORRUPT_LIMIT * decoder.values:
        share = decoder.nonfinite_samples / decoder.values
        raise InputError(
            f"'{decoder.path}' is damaged: {share:.1%} of its samples are not numbers or far beyond full "
            "scale; 1 % is allowed; is it floating-point audio that was scaled like integers?"
        )


def check_length(decoder: Decoder, segments: list[tuple[int, int]], samples: int, rate_hz: int) -> None:
    """Reject what has no piece as long as a window."""
    if not samples:
        raise InputError(f"'{decoder.path}' holds no audio that can be decoded")
    if not segments:
        raise InputError(f"'{decoder.path}' is {samples / rate_hz:.1f} s of nothing but digital silence")
    longest = max(stop - start for start, stop in segments)
    if longest < round(SHORTEST_S * rate_hz):
        detail = "" if len(segments) == 1 else " in one piece between digital silence or damage"
        raise InputError(
            f"'{decoder.path}' has {longest / rate_hz:.2f} s of audio{detail}, "
            f"shorter than a window of {SHORTEST_S} s"
        )


def source_warnings(decoder: Decoder, gain: float) -> Iterator[str]:
    """Say what a musician should know about a set that is used all the same."""
    yield from decoder.mixdown.reasons
    if decoder.source_channels > 2 and not decoder.mixdown.reasons:
        yield f"{decoder.source_channels} channels were mixed down (ITU-R BS.775, without bass effects)"
    if gain < _QUIET_GAIN:
        yield f"peaks at {1 / gain:.2f}, so all of it was turned down by {-20 * math.log10(gain):.1f} dB"
    damage = decoder.damage
    if damage.corrupt_packets:
        yield f"{damage.corrupt_packets} corrupt or missing packets, {_places(damage)}: cut there"
    if decoder.nonfinite_samples:
        yield f"{decoder.nonfinite_samples} samples that were not numbers set to 0"
    yield from decoder.notes
    if decoder.unread_bytes > _UNREAD_BYTES:
        yield f"{decoder.unread_bytes / 1e6:.1f} MB at its end could not be read"
    if decoder.gave_up:
        yield f"cannot be read to its end: stopped after {damage.decoded_s:.1f} s"
    claimed = decoder.claimed_s
    if claimed and claimed - damage.decoded_s > max(5.0, 0.05 * claimed):
        yield f"claims {claimed:.0f} s but holds {damage.decoded_s:.0f} s: is it cut off?"


def _places(damage: Damage) -> str:
    spots = damage.spots
    named = ", ".join(f"{spot.start_s:.1f} s" for spot in spots[:_NAMED_SPOTS])
    return f"at {named}" + (f" and {len(spots) - _NAMED_SPOTS} more places" if spots[_NAMED_SPOTS:] else "")
