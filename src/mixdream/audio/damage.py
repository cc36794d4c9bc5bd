"""Damage: how much of a file is corrupt or missing, from errors, times and sizes."""

from dataclasses import dataclass


@dataclass
class Damage:
    """Counts what a decoder lost.

    FFmpeg reports only part of the damage. Many formats drop broken packets silently, which shows in the
    times of the others; an mp3 takes a broken stretch for one large packet, which shows in its size. Times
    and sizes are odd in some good files too, so they count only where the duration that the file claims
    agrees.

    Attributes
    ----------
    packets, corrupt_packets : int
        Read without an error; corrupt or missing.
    spots : int
        Places where packets in a row were lost.
    first_s : float or None
        Where the first packet was lost, in seconds.
    decoded_s : float
        Duration that could be decoded.
    """

    packets: int = 0
    corrupt_packets: int = 0
    spots: int = 0
    first_s: float | None = None
    decoded_s: float = 0.0
    _good_bytes: int = 0
    _bad_bytes: int = 0
    _lost_s: float = 0.0
    _end_s: float | None = None
    _inside: bool = False

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
        start_s = self._end_s if start_s is None else start_s
        if start_s is not None:
            hole_s = 0.0 if self._end_s is None else start_s - self._end_s
            if hole_s > length_s / 2:
                self._lost_s += hole_s
                self._note()
            self._end_s = start_s + length_s
        self.decoded_s += length_s
        self.spots += self._inside
        self._inside = False

    def settle(self, claimed_s: float | None) -> None:
        """Come to the end: add what was lost silently, if the claimed duration agrees."""
        self.spots += self._inside
        packet_s = self.decoded_s / max(1, self.packets)
        packet_bytes = self._good_bytes / max(1, self.packets)
        lost_s = max(self._lost_s, packet_s * self._bad_bytes / max(1.0, packet_bytes))
        if packet_s and claimed_s and self.decoded_s + lost_s <= claimed_s + 1:
            self.corrupt_packets = max(self.corrupt_packets, round(lost_s / packet_s))

    def give_up(self, errors: int) -> None:
        """Note that errors in a row were one: the rest of the file cannot be read."""
        self.corrupt_packets -= errors - 1

    @property
    def share(self) -> float:
        """Part of all packets that is corrupt or missing."""
        return self.corrupt_packets / max(1, self.packets + self.corrupt_packets)

    def _note(self) -> None:
        self._inside = True
        if self.first_s is None:
            self.first_s = self.decoded_s
