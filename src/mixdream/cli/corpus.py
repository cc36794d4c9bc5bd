"""``mixdream corpus``: build, show, verify, remove, export-images, import-images."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mixdream.cli.output import JSON_OPTION, new_table, print_json, print_table, progress, quoted
from mixdream.errors import InputError
from mixdream.progress import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixdream.corpus.build import BuildResult
    from mixdream.corpus.store import Corpus, Rejected, SetRecord, Track

app = typer.Typer(
    help="Example: mixdream corpus build my-sets -o my-corpus\n\nMake sets ready for training.",
    short_help="Make sets ready for training.",
    no_args_is_help=True,
)

_TRACKS = 3  # titles shown of a set

_CORPUS = typer.Argument(metavar="CORPUS", help="Folder made by 'mixdream corpus build'.")


@app.command()
def build(
    sources: list[str] = typer.Argument(  # not paths: an empty one would be this folder
        metavar="SET|FOLDER...", help="Audio or video files, folders of them, playlists, cue sheets."
    ),
    output: Path = typer.Option(..., "--output", "-o", metavar="CORPUS", help="Folder to make or to add to."),
    rate: int | None = typer.Option(None, help="Sample rate in Hz: 32000, or what the corpus has."),
    channels: int | None = typer.Option(None, min=1, max=2, help="1 or 2: stereo, or what the corpus has."),
    jobs: int | None = typer.Option(None, min=1, help="Sets decoded at once, by default one per processor."),
    bpm: list[str] = typer.Option([], metavar="SET=BPM", help="Tempo of all of a set (within 4 %)."),
    downbeat: list[str] = typer.Option([], metavar="SET=TIME", help="Where a bar begins, as 0:12.35."),
    library: Path | None = typer.Option(
        None, metavar="FILE", help="Beat grids: Rekordbox's XML, Traktor's NML."
    ),
    dask: str | None = typer.Option(
        None, metavar="ADDRESS|local", help="Decode on a Dask cluster that shares the folders."
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream corpus build my-sets -o my-corpus

    Decode sets, clean them and keep them ready for training; run again to go on or to add sets.

    What was built stays until 'mixdream corpus remove'. So does what --bpm and --downbeat (both repeatable)
    say, until something else is said, or nothing after =.
    """
    from mixdream.corpus.build import build_corpus
    from mixdream.corpus.hints import read_corrections
    from mixdream.corpus.sources import source_text

    with progress("building") as report:
        said = read_corrections(bpm, downbeat)
        result = build_corpus(sources, output, rate, channels, jobs, report, said, library, dask)
    _print_left_out(result.rejected, result.duplicates, err=True)
    print_missing(result)
    if as_json:
        made: dict[str, Any] = {"built": list(result.built), "unchanged": list(result.unchanged)}
        made["tracked"] = list(result.tracked)
        made["library"] = asdict(result.library) if result.library else None
        left_out = _left_out(
            rejected=result.rejected,
            duplicates=result.duplicates,
            missing=result.missing,
        )
        not_taken = [{"source": source_text(item.path), "reason": item.reason} for item in result.not_taken]
        print_json({**_as_dict(result.corpus), **made, **left_out, "not_taken": not_taken})
        return
    _print_table(result.corpus)
    if result.library:
        typer.echo(f"library: {result.library.in_words()}")
    if result.tracked:
        typer.echo(f"beats tracked again: {', '.join(result.tracked)}")
    elif not result.built:
        named = len(result.unchanged) + len(result.rejected) + len(result.duplicates)
        changed = "no source has changed" if named else "no source is there"
        typer.echo(f"Nothing had to be done: {changed}.")
    typer.echo(f"Next: mixdream corpus show {quoted(output)} --figures {quoted(output / 'figures')}")
    typer.echo(f"      mixdream train cpu {quoted(output)} -o my-run")


@app.command()
def show(
    corpus: Path = _CORPUS,
    figures: Path | None = typer.Option(
        None, metavar="DIR", help="Draw the corpus as PNG pictures into DIR."
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream corpus show my-corpus --figures my-figures

    Hours kept and dropped and why, tempo, gain, peak (of full scale), level (dBFS), loudness (LUFS).
    """
    from mixdream.corpus.store import Corpus, read_index

    opened = Corpus.open(corpus)
    left_out = read_index(corpus)
    pictures: list[Path] = []
    if figures is not None:
        from mixdream.corpus.figures import draw_figures

        with progress("drawing") as report:
            pictures = draw_figures(opened, figures, report)
    if as_json:
        omitted = _left_out(rejected=left_out.rejected, duplicates=left_out.duplicates)
        print_json({**_as_dict(opened), **omitted, "figures": [str(path) for path in pictures]})
        return
    _print_table(opened)
    _print_left_out(left_out.rejected, left_out.duplicates)
    for path in pictures:
        typer.echo(str(path))


@app.command()
def verify(corpus: Path = _CORPUS, as_json: bool = JSON_OPTION) -> None:
    """Example: mixdream corpus verify my-corpus

    Compare every set with its checksum; exit code 1 where a file has changed or is missing.
    """
    from mixdream.corpus.lower_rate import problems_of_copies
    from mixdream.corpus.store import Corpus

    opened = Corpus.open(corpus)
    with progress("verifying") as report:
        problems = opened.verify(report) + problems_of_copies(opened)
    if as_json:
        print_json({"corpus": str(opened.folder), "ok": not problems, "problems": problems})
    elif not problems:
        typer.echo(f"{len(opened.sets)} sets are as they were built")
    else:
        for problem in problems:
            typer.echo(problem)
        typer.echo(
            "Next: delete what has changed, then the same 'mixdream corpus build' makes again what is missing"
        )
    if problems:
        raise typer.Exit(1)


@app.command()
def remove(
    corpus: Path = _CORPUS,
    names: list[str] = typer.Argument(metavar="NAME...", help="Sets, as 'mixdream corpus show' names them."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream corpus remove my-corpus old-set

    Remove sets from a corpus; their sources stay as they are, and are built again where they are named again.

    A training that was begun with the corpus as it was cannot go on; its run can still make clips.
    """
    from mixdream.corpus.remove import remove_sets

    left = remove_sets(corpus, names)
    sets = [record.name for record in left.sets]
    removed = sorted(set(names))
    if as_json:
        print_json({"corpus": str(corpus.resolve()), "removed": removed, "sets": sets})
        return
    typer.echo(f"removed: {', '.join(removed)}; {len(sets)} set{'s' if len(sets) != 1 else ''} left")
    if not sets:
        typer.echo(f"The corpus is empty. Next: mixdream corpus build SET|FOLDER... -o {quoted(corpus)}")


@app.command("export-images")
def export_images(
    corpus: Path = _CORPUS,
    output: Path = typer.Option(..., "--output", "-o", metavar="DIR", help="Folder for the PNG files."),
    bits: int = typer.Option(8, help="8 or 16 bits per pixel."),
    number: int = typer.Option(1000, "--number", "-n", min=1, help="Images, spread evenly over the corpus."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream corpus export-images my-corpus -o my-images -n 100

    Write spectrograms of windows as grayscale PNG; each says in its text fields what it shows.
    """
    from mixdream.corpus.images import export_images as export
    from mixdream.corpus.store import Corpus

    with progress("exporting") as report:
        written = export(Corpus.open(corpus), output, number=number, bits=bits, report=report)
    if as_json:
        print_json({"folder": str(output), "images": len(written), "bits": bits})
    else:
        typer.echo(f"{len(written)} images in {output}")


@app.command("import-images")
def import_images(
    folder: Path = typer.Argument(metavar="FOLDER", help="Folder of PNG files that mixdream wrote."),
    output: Path = typer.Option(..., "--output", "-o", metavar="FILE.npy", help="File for the magnitudes."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream corpus import-images my-images -o images.npy

    Stack images to one float32 array of linear magnitudes, shape (images, bins, frames).

    Their grid is written as JSON beside it, for 'mixdream invert'.
    """
    from mixdream.corpus.images import read_images, save_stack

    if output.suffix.lower() != ".npy":
        raise InputError(f"'{output}' must end in .npy")
    magnitudes, grid = read_images(folder)
    save_stack(output, magnitudes, grid)
    if as_json:
        print_json({"file": str(output), "shape": list(magnitudes.shape), "grid": grid.model_dump()})
    else:
        typer.echo(f"{len(magnitudes)} spectrograms of {grid.bins} x {grid.frames} in {output}")


def _as_dict(corpus: "Corpus") -> dict[str, Any]:
    from mixdream.corpus.lower_rate import bytes_of_copies

    sets = [
        {
            **record.model_dump(mode="json", exclude={"source_mtime_ns"}),
            "kept_s": record.kept_s,
            "dropped_s": record.dropped_s,
        }
        for record in corpus.sets
    ]
    return {
        "corpus": str(corpus.folder),
        "hash": corpus.hash,
        "rate_hz": corpus.rate_hz,
        "channels": corpus.channels,
        "seconds": corpus.seconds,
        "copies_bytes": bytes_of_copies(corpus),
        "sets": sets,
    }


def _print_left_out(
    rejected: "Iterable[Rejected]", duplicates: "Iterable[Rejected]", err: bool = False
) -> None:
    for item in rejected:
        typer.echo(f"not used: '{item.source}' {item.reason}", err=err)
    for item in duplicates:
        typer.echo(f"used once: '{item.source}' {item.reason}", err=err)


def print_missing(built: "BuildResult") -> None:
    """Say on stderr which sources are missing, and what lay in folders and is no source."""
    from mixdream.corpus.folder_search import sum_up

    for item in built.missing:
        typer.echo(f"missing: '{item.source}': {item.reason}", err=True)
    for line in sum_up(built.not_taken):
        typer.echo(f"not taken: {line}", err=True)


def _left_out(**kinds: "Iterable[Rejected]") -> dict[str, list[dict[str, str]]]:
    return {
        kind: [{"source": item.source, "reason": item.reason} for item in items]
        for kind, items in kinds.items()
    }


def _print_table(corpus: "Corpus") -> None:
    from mixdream.corpus.lower_rate import bytes_of_copies

    sets = f"{len(corpus.sets)} set{'' if len(corpus.sets) == 1 else 's'}"
    title = f"{sets}, {corpus.rate_hz} Hz, {'mono' if corpus.channels == 1 else 'stereo'}"
    table = new_table(title)
    table.add_column("set", overflow="fold")
    rows = [_cells(record) for record in corpus.sets]
    dropped = sum(record.dropped_s for record in corpus.sets)
    rows.append({"kept": clock(corpus.seconds), "dropped": clock(dropped) if dropped else ""})
    # Columns that say nothing take the room of names.
    headings = [heading for heading in rows[0] if any(row.get(heading) for row in rows)]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for record, row in zip(corpus.sets, rows, strict=False):
        table.add_row(record.name, *(row.get(heading) for heading in headings))
    table.add_section()
    table.add_row("all", *(rows[-1].get(heading) for heading in headings))
    print_table(table)
    for record in corpus.sets:
        for remark in _remarks(record):
            typer.echo(f"{record.name}: {remark}")
    for name, size in bytes_of_copies(corpus).items():
        typer.echo(
            f"audio/{name}: a copy that recipes of this rate read, {size / 1e6:.0f} MB; it can be deleted"
        )
    if any(record.gain_db for record in corpus.sets):
        typer.echo("gain: applied to sets that peak above full scale, so that nothing clips")


def _cells(record: "SetRecord") -> dict[str, str]:
    """Row of the table, by heading."""
    largest_dc = max(record.dc, key=abs)
    return {
        "kept": clock(record.kept_s),
        "dropped": clock(record.dropped_s) if record.dropped else "",
        "BPM": _tempo(record),
        "peak": f"{record.peak:.2f}",
        "gain dB": f"{record.gain_db:.1f}" if record.gain_db else "",
        "DC": f"{largest_dc:.2f}" if abs(largest_dc) >= 0.005 else "",
        "dBFS": f"{record.rms_dbfs:.1f}",
        "LUFS": "" if record.loudness_lufs is None else f"{record.loudness_lufs:.1f}",
    }


def _tempo(record: "SetRecord") -> str:
    """Tempo, or its range, of what is sure."""
    if record.tempo_range_bpm is None:
        return "?"
    low, high = record.tempo_range_bpm
    return f"{(low + high) / 2:.1f}" if high - low < 0.5 else f"{low:.0f}-{high:.0f}"


def _remarks(record: "SetRecord") -> list[str]:
    """Warnings, what was told of the beats, what was dropped where, and the tracks of a cue sheet."""
    spans = [f"{clock(span.start_s)} to {clock(span.stop_s)} {span.reason}" for span in record.dropped[:3]]
    more = [f"{len(record.dropped) - 3} more spans"] if len(record.dropped) > 3 else []
    named = [f"{clock(track.start_s)} {_title(track)}" for track in record.tracks if _title(track)]
    others = f" and {len(named) - _TRACKS} more" if len(named) > _TRACKS else ""
    tracks = [f"{len(record.tracks)} tracks: {'; '.join(named[:_TRACKS])}{others}"] if named else []
    dropped = [f"dropped {text}" for text in spans + more]
    return [*record.warnings, *record.hints.in_words(), *dropped, *tracks]


def _title(track: "Track") -> str:
    """Performer and title, as far as the cue sheet has them."""
    return " - ".join(part for part in (track.performer, track.title) if part)
