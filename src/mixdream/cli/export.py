"""``mixdream export``: what is taken from finished loops into a DAW or a sampler."""

from pathlib import Path
from typing import Annotated

import typer

from mixdream.cli import options
from mixdream.cli.output import JSON_OPTION, print_json, progress


def export(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="CLIP|FOLDER...", help="Loops that mixdream made, their JSON beside them."),
    ],
    folder: options.Output,
    stems: Annotated[
        bool, typer.Option("--stems", help="Drums, bass and music, whose sum is the loop.")
    ] = False,
    one_shots: Annotated[
        bool, typer.Option("--one-shots", help="Kicks, snares, hats and stabs, in a ZIP file.")
    ] = False,
    midi: Annotated[bool, typer.Option("--midi", help="Bass, melody and drums as a MIDI file.")] = False,
    bpm: options.Bpm = None,
    pitch: options.PitchOption = None,
    transpose: options.Transpose = 0,
    key: options.KeyOption = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream export my-loops --stems --midi -o my-parts

    Take finished loops apart for a DAW or a sampler, or to another tempo, pitch or key.
    """
    with progress("Exporting") as report:
        from mixdream.generation.export.export import Parts, export_loops
        from mixdream.generation.export.loop_file import find_loops
        from mixdream.generation.wish import Wish

        loops, passed_over = find_loops(sources)
        for reason in passed_over:
            typer.echo(f"passed over: {reason}", err=True)
        wish = Wish(bpm=bpm, pitch=pitch, transpose=transpose, key=options.read_key(key))
        exported = export_loops(loops, folder, Parts(stems, one_shots, midi), wish, report)
    if as_json:
        print_json({"clips": exported})
        return
    for loop in exported:
        files = [loop["moved"]] if "moved" in loop else []
        files += loop.get("stems", {}).values()
        files += [loop[part]["file"] for part in ("one_shots", "midi") if part in loop]
        typer.echo("\n".join(files))
