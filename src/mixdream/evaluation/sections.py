"""Sections of a report, on each collection, the floors and the whole, and what its JSON says."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from mixdream.evaluation.collapse import Verdict
from mixdream.evaluation.copies.verdict import CopyCheck
from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.metrics import Evaluation
from mixdream.pages.media import Sound

HANDCRAFTED, TEXTURE, RANDOM_NET, CLAP = "handcrafted", "texture", "random net", "CLAP"
KINDS = "kinds"  # handcrafted, but deaf to blur
"""Names of the embeddings."""

HEARD_BY = {
    HANDCRAFTED: ("sound", "Balance, rhythm, harmony and sharpness."),
    TEXTURE: ("texture", "Attacks, hiss, roughness and stereo width, band by band."),
    RANDOM_NET: ("net", "The spectrogram as an untrained network sees it: nobody has shaped it."),
    CLAP: ("CLAP", "A network that has learnt sounds and words."),
}
"""Embeddings for people: a name, and what each listens for."""


@dataclass(frozen=True)
class Beat:
    """Pulse or tempo of clips beside real windows, and the Wasserstein distance of their distributions."""

    median: float
    real_median: float
    distance: Estimate


@dataclass(frozen=True)
class TextureFinding:
    """How a quantity of `mixdream.analysis.texture` differs in a band (None: in all), clips minus music."""

    quantity: str
    band: tuple[float, float] | None  # in Hz
    difference: Estimate  # in dB; of the correlation of left and right in tenths
    beyond: bool  # whether it is outside of what other real windows reach
    sentence: str | None = None  # for the largest


@dataclass(frozen=True)
class Measures:
    """What is measured on every set of clips, floors included."""

    embeddings: dict[str, Evaluation]  # by the name of the embedding
    pulse: dict[str, Beat]  # "pulse_db" and "tempo_bpm"
    texture: tuple[TextureFinding, ...]
    told_apart: Estimate | None  # see `mixdream.evaluation.judge`; None for too few clips or minutes

    @property
    def kinds(self) -> Evaluation:
        """In the embedding that says which kinds of music there are, for questions of variety."""
        return self.embeddings[KINDS]


@dataclass(frozen=True)
class ClusterFinding:
    """A kind of music that is significantly missing or over-produced, with the moments that belong to it."""

    kind: Literal["missing", "over-produced"]
    z: float
    real_share: float
    generated_share: float
    real_windows: int
    generated_clips: int
    centroid: dict[str, Any]
    places: list[dict[str, Any]]
    sentence: str
    players: tuple[Sound, ...]


@dataclass(frozen=True)
class CopyFinding:
    """What the copy check says of a clip, and which of the checked clips it is."""

    clip: str
    row: int
    check: CopyCheck
    players: tuple[Sound, ...]


@dataclass(frozen=True)
class CopySection:
    """The copy check of a collection, copies and then the nearest clips first."""

    sentence: str
    copies: int
    checked: int
    limit: float
    usual: tuple[float, float]
    n_real: int
    clips: tuple[CopyFinding, ...]


@dataclass(frozen=True)
class Row:
    """What a report says of a collection; None stands for what could not be measured.

    Only of a run, whose spectrograms are known, there is a ceiling: real windows through its grid, scaling
    and inversion; the consistency of ``generated`` and ``real`` magnitudes, `mixdream.analysis.consistency`;
    and what its ``generated`` spectrograms and those of ``train`` are like before any inversion.
    """

    name: str
    kind: Literal["run", "folder"]
    facts: dict[str, str]
    notes: tuple[str, ...]
    n_clips: int
    validity: dict[str, float]
    verdict: Verdict
    players: tuple[Sound, ...]
    measures: Measures | None = None
    clusters: tuple[ClusterFinding, ...] | None = None
    ceiling: Measures | None = None
    consistency: dict[str, float] | None = None
    spectrograms: dict[str, Evaluation] | None = None
    copies: CopySection | None = None


@dataclass(frozen=True)
class Comparison:
    """Paired differences of two collections, second minus first."""

    first: str
    second: str
    differences: dict[str, Estimate]  # in the handcrafted embedding
    embeddings: dict[str, dict[str, Estimate]]  # the same of nearness alone in the others, by their names


@dataclass(frozen=True)
class Stages:
    """Fake generators whose rank is known; none, and no figure (a PNG), where there is too little music."""

    n: int
    figures: dict[str, Evaluation]
    verdicts: dict[str, Verdict]
    figure: bytes | None


@dataclass(frozen=True)
class Content:
    """A whole report."""

    created: str
    versions: dict[str, str]
    corpus: dict[str, Any]
    reference: dict[str, Any]
    seed: int
    resamples: int
    n: int
    floors: dict[str, Measures]
    rows: tuple[Row, ...]
    comparison: tuple[Comparison, ...]
    stages: Stages
    notes: tuple[str, ...]


def as_json(content: Content) -> dict[str, Any]:
    """What ``report.json`` says: everything but sounds and pictures."""
    plain = _without_media(asdict(content))
    for pair, comparison in zip(content.comparison, plain["comparison"], strict=True):
        tables = {"differences": pair.differences} | pair.embeddings
        for name, differences in tables.items():
            plain_table = comparison.get(name) or comparison["embeddings"][name]
            for metric, difference in differences.items():
                plain_table[metric]["no_chance"] = difference.excludes_zero
    for row, part in zip(content.rows, plain["rows"], strict=True):
        part |= part.pop("measures") or {}
        if row.copies:
            part["copies"]["clips"] = [_copy(finding) for finding in row.copies.clips]
    plain["rows"] = [{key: value for key, value in row.items() if value is not None} for row in plain["rows"]]
    return plain


def _copy(finding: CopyFinding) -> dict[str, Any]:
    check = finding.check
    plain = {"clip": finding.clip, "row": finding.row, "is_copy": check.is_copy, "sentence": check.sentence}
    if check.nearest is None:
        return plain
    return plain | check.nearest.about() | {"ratio": check.nearest.ratio, "quantile": check.quantile}


def _without_media(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_media(part) for key, part in value.items() if key not in ("players", "figure")}
    return [_without_media(part) for part in value] if isinstance(value, (list, tuple)) else value
