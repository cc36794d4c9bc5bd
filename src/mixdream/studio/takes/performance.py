"""A performance: what was done on the page, sample by sample, as lines of loops that can be played again."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mixdream.errors import InputError
from mixdream.studio.play.play_state import (
    HIGH_CUT_OFF_HZ,
    LOW_CUT_OFF_HZ,
    PADS,
    RATE_HZ,
    Cut,
    Pitch,
    Volume,
    check_bar,
)
from mixdream.studio.takes.automation import Glide

MOST_HOURS = 6
_MOST_SAMPLES = MOST_HOURS * 3600 * RATE_HZ

Sample = Annotated[int, Field(ge=0, le=_MOST_SAMPLES)]
Voice = Annotated[int, Field(ge=0, lt=PADS)] | Literal["xy", "shelf"]


class Event(BaseModel):
    """One thing that was done, in the order in which it was decided; it happens at a sample.

    ``launch``: a loop begins on a voice, ``offset`` samples into it, and what was to be heard there from then
    on is not; ``continues`` says that it goes on where another one was. ``stop``: nothing is heard on the
    voice from there on. ``set``: how a voice is heard. ``tempo``: all that plays goes on at another tempo.
    """

    model_config = ConfigDict(extra="forbid")

    at: Sample
    do: Literal["launch", "stop", "set", "tempo"]
    pad: Voice | None = None
    loop: str | None = None
    offset: Sample = 0
    continues: bool = False
    bar_samples: int | None = None
    pitch: Pitch | None = None
    volume: Volume | None = None
    low_cut_hz: Cut | None = None
    high_cut_hz: Cut | None = None
    mute: bool | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.do == "launch" and self.loop is None:
            raise ValueError("a launch names a loop")
        if self.do == "tempo" and self.bar_samples is None:
            raise ValueError("a tempo has bar_samples")
        if self.do != "tempo" and self.pad is None:
            raise ValueError(f"{self.do} names a pad")
        _possible(self.bar_samples)
        return self


class Performance(BaseModel):
    """What was done in a recording of so many samples, which begins at this tempo."""

    model_config = ConfigDict(extra="forbid")

    bar_samples: int
    pitch: Pitch = "keep"
    samples: Annotated[int, Field(ge=1, le=_MOST_SAMPLES)]
    events: list[Event] = Field(max_length=200_000)

    @model_validator(mode="after")
    def _at_a_tempo(self) -> Self:
        _possible(self.bar_samples)
        return self


@dataclass(frozen=True)
class Sound:
    """A loop on a line, heard from a sample to another (and a fade)."""

    loop: str
    at: int
    stop_at: int
    offset: int
    continues: bool
    bar_samples: int
    pitch: Pitch


@dataclass
class Line:
    """What is heard of one voice: sounds that do not overlap, and how it is set."""

    sounds: list[Sound] = field(default_factory=list)
    volume: Glide = field(default_factory=lambda: Glide(1.0))
    open: Glide = field(default_factory=lambda: Glide(1.0))
    low_cut_hz: Glide = field(default_factory=lambda: Glide(0.0))
    high_cut_hz: Glide = field(default_factory=lambda: Glide(RATE_HZ / 2))

    def start(self, sound: Sound) -> None:
        """Begin a loop; what is on the line from there on gives way."""
        self.stop(sound.at)
        self.sounds.append(sound)

    def stop(self, at: int) -> None:
        """Hear nothing from a sample on."""
        before = [sound for sound in self.sounds if sound.at < at]
        self.sounds = [replace(sound, stop_at=min(sound.stop_at, at)) for sound in before]

    def sounding(self, at: int) -> Sound | None:
        """What is heard at a sample."""
        return next((sound for sound in reversed(self.sounds) if sound.at <= at < sound.stop_at), None)

    def swap(self, at: int, bar_samples: int, pitch: Pitch) -> None:
        """Go on from a sample on at another tempo, at the same place of the bars."""
        sound = self.sounding(at)
        if sound is not None:
            place = (sound.offset + at - sound.at) / sound.bar_samples
            self.start(
                replace(
                    sound,
                    at=at,
                    offset=round(place * bar_samples),
                    continues=sound.at < at or sound.continues,
                    bar_samples=bar_samples,
                    pitch=pitch,
                )
            )

    def set(self, event: Event) -> None:
        """Let the event's values glide."""
        if event.volume is not None:
            self.volume.to(event.volume, event.at)
        if event.mute is not None:
            self.open.to(float(not event.mute), event.at)
        if (cut := event.low_cut_hz) is not None:
            self.low_cut_hz.to(cut if cut > LOW_CUT_OFF_HZ else 0.0, event.at)
        if (cut := event.high_cut_hz) is not None:
            self.high_cut_hz.to(cut if cut < HIGH_CUT_OFF_HZ else RATE_HZ / 2, event.at)


def lines_of(performance: Performance) -> dict[int | str, Line]:
    """Lines of all voices that something was done with."""
    lines: dict[int | str, Line] = {}
    tempo = performance.bar_samples, performance.pitch
    for event in performance.events:
        if event.do == "tempo":
            tempo = event.bar_samples or tempo[0], event.pitch or tempo[1]
            for line in lines.values():
                line.swap(event.at, *tempo)
            continue
        assert event.pad is not None
        line = lines.setdefault(event.pad, Line())
        if event.do == "set":
            line.set(event)
        elif event.do == "stop":
            line.stop(event.at)
        elif event.loop is not None:
            bar_samples, pitch = event.bar_samples or tempo[0], event.pitch or tempo[1]
            line.start(
                Sound(
                    event.loop,
                    event.at,
                    performance.samples,
                    event.offset,
                    event.continues,
                    bar_samples,
                    pitch,
                )
            )
    return lines


def _possible(bar_samples: int | None) -> None:
    try:
        if bar_samples is not None:
            check_bar(bar_samples)
    except InputError as error:
        raise ValueError(str(error)) from None
