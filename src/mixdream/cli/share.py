"""``mixdream share``: the part of a run that others can make clips with."""

from pathlib import Path
from typing import Annotated

import typer

from mixdream.cli.output import JSON_OPTION, print_json, quoted


def share(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder written by 'mixdream train'.")],
    folder: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="New folder.")],
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream share my-run -o handed-on

    Write a small copy of a run that others can generate with. It holds recipe, scaling and weights in 16 bit,
    no music and no names of sets (--like takes their numbers); all of it is safetensors, JSON or TOML.
    """
    from mixdream.runs.run import Run
    from mixdream.runs.share import share_run

    written = share_run(Run.open(run), folder)
    size = sum(path.stat().st_size for path in written.rglob("*") if path.is_file())
    if as_json:
        print_json({"folder": str(written), "bytes": size})
        return
    typer.echo(f"{written}: {size / 1e6:.1f} MB\nnext: mixdream generate {quoted(written)} -n 8 -o clips")
