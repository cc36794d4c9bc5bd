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
    bpm: options.Bpm = None,
    pitch: options.PitchOption = None,
    transpose: options.Transpose = 0,
    key: options.KeyOption = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream export my-loops --stems -o my-parts

    Take finished loops apart for a DAW or a sampler, or to another tempo, pitch or key.
    """
    with progress("Exporting") as report:
        from mixdream.generation.export.export import Parts, export_loops
        from mixdream.generation.export.loop_file import find_loops
        from mixdream.generation.wish import Wish

        loops, passed_over = find_loops(sources)
        for reason in passed_over:
            typer.echo(f"passed over: {reason}", err=True)
        wish = Wish(bpm=bpm, pitch=pitch, transpose=transpose, key=key)
        exported = export_loops(loops, folder, Parts(stems=stems), wish, report)
    if as_json:
        print_json({"clips": exported})
        return
    for loop in exported:
        files = [loop["moved"]] if "moved" in loop else []
        typer.echo("\n".join([*files, *loop.get("stems", {}).values()]))
