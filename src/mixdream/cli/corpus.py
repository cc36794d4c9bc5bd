"""``mixdream corpus``: build, show, verify."""

import typer

app = typer.Typer(help="Make sets ready for training.", no_args_is_help=True)
