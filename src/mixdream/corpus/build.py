"""Build: many sources into one corpus; resumable by set, and no work where nothing changed."""

import warnings
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mixdream.corpus.beat_tracking import Told, keep_hints, track_again, waiting
from mixdream.corpus.build_plan import Plan, as_duplicate, holds, make_plan, settled, stand_in
from mixdream.corpus.dj_grids import LibraryReport, report_library
from mixdream.corpus.dj_library import read_library
from mixdream.corpus.folder import RATE_HZ, BuildFolder, open_folder
from mixdream.corpus.folder_search import NotTaken
from mixdream.corpus.hints import BeatHints
from mixdream.corpus.missing import find_missing, refuse_unknown
from mixdream.corpus.sources import SourceList, list_sources, no_audio_in, source_text
from mixdream.corpus.store import Corpus, CorpusIndex, Rejected, SetRecord, SourceFile
from mixdream.corpus.workers import Outcome, Within, open_cluster, outcomes
from mixdream.errors import InputError, Interrupted
from mixdream.progress import Report, silent


@dataclass(frozen=True)
class BuildResult:
    """What a build did.

    Attributes
    ----------
    corpus : Corpus
        Everything that is in it now, also from earlier builds.
    built, unchanged : tuple of str
        Names of sets made now, and of those whose sources had not changed.
    rejected, duplicates : tuple of Rejected
        Of the sources named this time: those that cannot be used, those whose audio is there already.
    missing : tuple of Rejected
        Sources named this time that are not there, and what the corpus keeps of them.
    not_taken : tuple of NotTaken
        What was come across in folders and lists and is no source.
    tracked : tuple of str
        Names of sets whose beats were tracked anew because of what is told of them.
    library : LibraryReport, optional
        What came of the library that was named.
    """

    corpus: Corpus
    built: tuple[str, ...]
    unchanged: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    duplicates: tuple[Rejected, ...]
    missing: tuple[Rejected, ...] = ()
    not_taken: tuple[NotTaken, ...] = ()
    tracked: tuple[str, ...] = ()
    library: LibraryReport | None = None


def build_corpus(
    sources: Iterable[Path | str],
    folder: Path | str,
    rate_hz: int | None = None,
    channels: int | None = None,
    jobs: int | None = None,
    report: Report = silent,
    said: Mapping[str, BeatHints] | None = None,
    library: Path | None = None,
    dask: str | None = None,
) -> BuildResult:
    """Make sets ready for training, or add sets to a corpus.

    A build that is stopped at any moment can be run again and goes on with the next set. What was built
    stays, also where its source is missing or has become useless, until `mixdream.corpus.remove.remove_sets`.

    Parameters
    ----------
    sources : files, folders, playlists and cue sheets
    folder : Path or str
        New, empty, or a corpus of the same rate and channels, which is then added to.
    rate_hz : int, in Hz, optional
        Sample rate of the corpus; unless given that of an existing one, or `mixdream.corpus.folder.RATE_HZ`.
    channels : {1, 2}, optional
        Likewise; `mixdream.corpus.folder.CHANNELS`.
    jobs : int, optional
        Sets ingested at once; by default as many as there are processors or sets.
    said : mapping of set name to BeatHints, optional
        What the owner says of the beats of sets, in the fields that are set; kept until other is said.
    library : Path, optional
        Of Rekordbox or Traktor: its beat grids are used where they agree with what is heard.
    dask : str, optional
        Address of a Dask cluster that ingests, see `mixdream.corpus.workers`.

    Raises
    ------
    InputError
        Where an option is wrong, the folder cannot be used, a path does not exist, or not one source can be
        used now or could before. What is said of new sets and cannot be is said when all else is done.
    Interrupted
        After Ctrl-C or SIGTERM.
    """
    if rate_hz is not None and not 1000 <= rate_hz <= 192_000:
        raise InputError(f"rate is {rate_hz} Hz: 1000 to 192000 Hz are possible; {RATE_HZ} is usual")
    if channels not in (None, 1, 2):
        raise InputError(f"channels is {channels}: 1 (mono) and 2 (stereo) are possible")
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs is {jobs}: it must be 1 or more")
    folder = Path(folder)
    sources = list(sources)
    listed = list_sources(sources)
    if not (listed.files or listed.folders or listed.missing):
        raise InputError(no_audio_in(sources, listed))
    told = Told(said or {}, read_library(library) if library else None)
    with open_folder(folder, rate_hz, channels) as building:
        try:
            return _build(sources, listed, building, told, jobs, dask, report)
        except KeyboardInterrupt:
            building.clean()
            raise Interrupted(
                f"interrupted with {len(building.index.sets)} sets done in '{folder}': "
                "run the same command again, it goes on there"
            ) from None


def _build(
    sources: list[Path | str],
    listed: SourceList,
    folder: BuildFolder,
    told: Told,
    jobs: int | None,
    dask: str | None,
    report: Report,
) -> BuildResult:
    refuse_unknown(listed, folder)
    plan = make_plan(listed, folder, report)
    told.check_names({*(record.name for record in plan.index.sets), *(f.name for f in plan.todo.values())})
    todo = {file.name for file in plan.todo.values()}  # are told when they are made: they may be other music
    problems: list[str] = []
    sets = tuple(r if r.name in todo else told.tell(r, problems) for r in plan.index.sets)
    if problems:
        raise InputError("; ".join(problems))
    index = plan.index.model_copy(update={"sets": sets})
    built: set[str] = set()
    tracked: set[str] = set()
    begun = bool(plan.todo or waiting(index.sets)) or not folder.index.complete
    if begun:
        with open_cluster(dask, jobs, len(plan.todo)) as cluster:
            folder.write_index(index.model_copy(update={"complete": False}))
            folder.prepare()
            results = partial(outcomes, plan.todo, folder, jobs, cluster)
            built = _ingest_all(plan, folder, told, problems, results, report)
        tracked = track_again(folder, report) - built
        folder.clean()
    final = settled(folder.index if begun else index).model_copy(update={"complete": True})
    if not final.sets and not folder.was_complete:
        folder.remove()
    elif final != folder.index:
        folder.write_index(final)
    missing, not_listed = find_missing(listed, folder)
    named = plan.sources | {item.source for item in missing}
    listed.not_taken = [item for item in listed.not_taken if source_text(item.path) not in named] + not_listed
    if not _has_set(named, final):
        reasons = [f"'{item.source}' {item.reason}" for item in final.rejected if item.source in plan.sources]
        reasons += [f"'{item.source}' is missing: {item.reason}" for item in missing]
        raise InputError(_nothing_left(reasons) if reasons else no_audio_in(sources, listed))
    problems += _untold(told.said, todo - built, folder)
    if problems:
        raise InputError(f"{'; '.join(problems)}; all else is done")
    return BuildResult(
        corpus=Corpus.open(folder.folder),
        built=tuple(sorted(built)),
        unchanged=tuple(r.name for r in final.sets if r.source in plan.sources and r.name not in built),
        rejected=tuple(item for item in final.rejected if item.source in plan.sources),
        duplicates=tuple(item for item in final.duplicates if item.source in plan.sources),
        missing=tuple(missing),
        not_taken=tuple(listed.not_taken),
        tracked=tuple(sorted(tracked)),
        library=report_library(told.library, final.sets) if told.library else None,
    )


def _untold(names: Iterable[str], unmade: set[str], folder: BuildFolder) -> list[str]:
    """Say of which names nothing could be said, or not followed; ``unmade`` were to be made and were not."""
    sets = {record.name: record for record in folder.index.sets}
    problems = []
    for name in sorted(names):
        if name not in sets:
            problems.append(f"'{name}' became no set, so nothing can be said of it")
        elif name in unmade:
            problems.append(f"'{name}' was not made anew, so nothing was said of it")
        elif not folder.is_whole(name, sets[name].samples):
            problems.append(
                f"'{name}' has lost its files: what was said of it counts once its source is built again"
            )
    return problems


def _has_set(sources: set[str], index: CorpusIndex) -> bool:
    """Whether a corpus has the music of one of these sources, from now or from before."""
    known = {source for record in index.sets for source in (record.source, *record.earlier_sources)}
    return bool(index.sets and sources & (known | {item.source for item in index.duplicates}))


def _ingest_all(
    plan: Plan,
    folder: BuildFolder,
    told: Told,
    problems: list[str],
    results: Callable[[Within], Generator[Outcome]],
    report: Report,
) -> set[str]:
    """Ingest what is to do, and take each set into the corpus as soon as it is whole; names of new sets.

    What is told of a new set and cannot be is added to ``problems``.
    """
    order = {file.source: i for i, file in enumerate(plan.todo.values())}
    total = sum(map(_weight, plan.todo.values()))
    done = 0
    built: set[str] = set()

    def within(file: SourceFile, share: float) -> None:
        report((done + share * _weight(file)) / total, file.name)

    with warnings.catch_warnings(), closing(results(within)) as made:
        warnings.filterwarnings("ignore", message=".*tasks", module="joblib")  # when it is interrupted
        for file, outcome in made:
            if isinstance(outcome, Rejected):
                folder.record_left_out("rejected", _keeping(outcome, folder))
            else:
                outcome = told.tell(keep_hints(outcome, folder.index.sets), problems)
                built.add(outcome.name)
                built -= _take_in(outcome, folder, order)
            done += _weight(file)
            report(done / total, file.name)
    return built


def _take_in(outcome: SetRecord, folder: BuildFolder, order: dict[str, int]) -> set[str]:
    """Take a set into the corpus that is whole, and say which names were not built after all.

    Of sets that sound exactly alike one is used: one whose files are there, else the first in ``order``.
    """
    others = [record for record in folder.index.sets if record.name != outcome.name]
    twin = next((other for other in others if other.audio_sha256 == outcome.audio_sha256), None)
    if twin is None or not folder.is_whole(twin.name, twin.samples):
        folder.take_in(outcome.name)
        folder.record_set(outcome, instead_of=twin.name if twin else "")
        return set()
    if order.get(twin.source, -1) <= order[outcome.source]:
        if twin.source != outcome.source and holds(twin):
            folder.record_left_out("duplicates", as_duplicate(outcome, twin))
        else:
            folder.record_set(stand_in(twin, outcome))
        return {outcome.name}
    folder.take_in(outcome.name)  # the twin was ready earlier, but comes later in the list
    folder.record_set(outcome, instead_of=twin.name)
    folder.record_left_out("duplicates", as_duplicate(twin, outcome))
    return {twin.name}


def _keeping(rejected: Rejected, folder: BuildFolder) -> Rejected:
    """Add to the reason why a source cannot be used that the set which it gave before stays."""
    for record in folder.index.sets:
        if record.source == rejected.source:
            whole = folder.is_whole(record.name, record.samples)
            state = "built before, is kept" if whole else "built before, has lost its files"
            return rejected.model_copy(
                update={"reason": f"{rejected.reason}; its set '{record.name}', {state}"}
            )
    return rejected


def _weight(file: SourceFile) -> int:
    """Share of the work that a source stands for: its size, and a little for one that cannot be read."""
    return max(0, file.source_bytes) + 1


def _nothing_left(reasons: list[str]) -> str:
    if len(reasons) == 1:
        return reasons[0]
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return f"none of {len(reasons)} sources can be used: {'; '.join(reasons[:3])}{more}"
