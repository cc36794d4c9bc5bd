"""Damage: how much of a file is corrupt or missing, and where, from errors, times and sizes."""

from dataclasses import dataclass, field
from enum import Enum, auto

_NEAR_S = 0.25  # losses so close to each other are one spot
_LONGEST_HOLE_S = 60.0  # a jump over more is a pause of the recording
_SHORT_HOLE_S = (0.1, 2.0)  # less is where streams were encoded piece by piece; more, where they were joined
_WITNESS_S = 1.0  # how near a hole in the times other damage is, if it is one
_TOLERANCE_S = 0.005
_SETTLING = 0.02  # part of a small difference in time by which the expectation follows at each frame


class Times(Enum):
    """How far the times of a container tell what is missing.

    EXACT: always. CLAIMED: if the duration that the container claims agrees, and the jump is no pause. SEEN:
    where something else is damaged as well, or the jump is short.
    """

    EXACT = auto()
    CLAIMED = auto()
    SEEN = auto()


@dataclass
class Spot:
    """Stretch of decoded audio in which something is corrupt or missing, in seconds; often of no length."""

    start_s: float
    stop_s: float


@dataclass
class Damage:
    """Counts what a decoder lost.

    FFmpeg reports only part of the damage. Many formats drop broken packets silently, which shows in the
    times of the others; an mp3 takes a broken stretch for one large packet, which shows in its size. A frame
    late by half the longest frame follows a hole; less is what a change between long and short blocks
    makes, as in Vorbis, or rounding. Where the container's times and sizes are odd in some good files,
    they count only if the duration that it claims agrees.

    Attributes
    ----------
    times : Times
        How far the container's times are to be trusted.
    tolerance_s : float
        Holes shorter than this are none.
    packets, corrupt_packets : int
        Read without an error; corrupt or missing.
    decoded_s : float
        Duration that could be decoded.
    """

    times: Times = Times.CLAIMED
    tolerance_s: float = _TOLERANCE_S
    packets: int = 0
    corrupt_packets: int = 0
    decoded_s: float = 0.0
    _spots: list[Spot] = field(default_factory=list)
    _holes: list[tuple[Spot, float]] = field(default_factory=list)
    _good_bytes: int = 0
    _bad_bytes: int = 0
    _gaps: int = 0
    _frame_s: float = 0.0
    _late_s: float = _TOLERANCE_S
    _end_s: float | None = None

    def begin(self, times: Times, tolerance_s: float) -> None:
        """Begin a part of the file, whose times have nothing to do with those before."""
        self.times = times
        self.tolerance_s = max(tolerance_s, _TOLERANCE_S)
        self._frame_s, self._late_s = 0.0, self.tolerance_s
        self._end_s = None

    def gap(self) -> None:
        """Note that something is missing here."""
        self._gaps += 1
        self._note()

    def error(self, size: int = 0) -> None:
        """Note a packet, of some bytes, that could not be read or decoded."""
        self.corrupt_packets += 1
        self._bad_bytes += size
        self._note()

    def packet(self, size: int) -> None:
        """Note a packet, of some bytes, that could be decoded."""
        self.packets += 1
        self._good_bytes += size

    def frame(self, start_s: float | None, length_s: float) -> None:
        """Note decoded audio and the time that the file gives it, if any."""
        if length_s > self._frame_s:
            self._frame_s = length_s
            self._late_s = max(self.tolerance_s, length_s / 2)
        expected_s = self._end_s
        if expected_s is None or start_s is None:
            expected_s = start_s if start_s is not None else expected_s
        elif -self._late_s <= start_s - expected_s <= self._late_s:
            expected_s += _SETTLING * (start_s - expected_s)
        else:
            if start_s > expected_s:
                self._holes.append((Spot(self.decoded_s, self.decoded_s), start_s - expected_s))
            expected_s = start_s
        self._end_s = None if expected_s is None else expected_s + length_s
        self.decoded_s += length_s

    def settle(self, claimed_s: float | None) -> None:
        """Come to the end: add what was lost silently, if the claimed duration does not contradict."""
        packet_s = self.decoded_s / max(1, self.packets)
        packet_bytes = self._good_bytes / max(1, self.packets)
        holes = [(spot, lost_s) for spot, lost_s in self._holes if self._counts(spot, lost_s)]
        lost_s = sum(lost_s for _, lost_s in holes)
        if self.times is Times.CLAIMED:
            lost_s = max(lost_s, packet_s * self._bad_bytes / max(1.0, packet_bytes))
        if self.times is not Times.CLAIMED or not claimed_s or self.decoded_s + lost_s <= claimed_s + 1:
            self._spots += [spot for spot, _ in holes]
            if packet_s:
                self.corrupt_packets = max(self.corrupt_packets, round(lost_s / packet_s))
        self.corrupt_packets = max(self.corrupt_packets, self._gaps)
        self._holes = []

    def _counts(self, hole: Spot, lost_s: float) -> bool:
        """Whether a hole in the times is a loss."""
        if self.times is Times.EXACT:
            return True
        if self.times is Times.CLAIMED:
            return lost_s <= _LONGEST_HOLE_S
        near = any(abs(spot.start_s - hole.start_s) <= _WITNESS_S for spot in self._spots)
        return near or _SHORT_HOLE_S[0] <= lost_s <= _SHORT_HOLE_S[1]

    def give_up(self, errors: int) -> None:
        """Note that errors in a row were one: the rest of the file cannot be read."""
        self.corrupt_packets -= errors - 1

    @property
    def share(self) -> float:
        """Part of all packets that is corrupt or missing."""
        return self.corrupt_packets / max(1, self.packets + self.corrupt_packets)

    @property
    def spots(self) -> list[Spot]:
        """Where something was lost, in order."""
        spots: list[Spot] = []
        for spot in sorted(self._spots, key=lambda spot: spot.start_s):
            if spots and spot.start_s <= spots[-1].stop_s + _NEAR_S:
                spots[-1] = Spot(spots[-1].start_s, max(spots[-1].stop_s, spot.stop_s))
            else:
                spots.append(spot)
        return spots

    def _note(self) -> None:
        if self._spots and self.decoded_s <= self._spots[-1].stop_s + _NEAR_S:
            self._spots[-1].stop_s = self.decoded_s
        else:
            self._spots.append(Spot(self.decoded_s, self.decoded_s))
