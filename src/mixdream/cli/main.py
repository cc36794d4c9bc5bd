"""The ``mixdream`` command: groups its commands and turns errors into exit codes."""

import errno
import inspect
import os
import signal
import sys
from types import FrameType

import typer

from mixdream import __version__
from mixdream.cli import (
    ceiling,
    corpus,
    dream,
    evaluate,
    export,
    extend,
    generate,
    invert,
    mix,
    morph,
    pack,
    reproduce,
    share,
    studio,
    survey,
    train,
    vary,
)
from mixdream.cli.output import explain, is_first_of_machine, print_any_name
from mixdream.errors import InputError, MixdreamError
from mixdream.files import is_full

# Before torch is imported: threads that wait actively make a training twice as slow as it need be as soon as
# anything else wants a core (docs/experiments.md).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_ENVIRONMENT = (errno.EIO, errno.EFBIG)  # errors that no other input would mend

app = typer.Typer(
    name="mixdream",
    help="Example: mixdream dream my-sets -o my-project --minutes 60\n\n"
    "Learn from your own DJ sets and dream up new electronic music.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(dream.dream)
app.command()(dream.demo)
app.command()(studio.studio)
app.add_typer(corpus.app, name="corpus")
app.command()(train.recipes)
app.command()(train.train)
app.command()(generate.generate)
app.command()(pack.pack)
app.command()(vary.vary)
app.command()(morph.morph)
app.command()(extend.extend)
app.command()(mix.mix)
app.command()(export.export)
app.command()(share.share)
app.command()(invert.invert)
app.command()(ceiling.ceiling)
app.command()(evaluate.evaluate)
app.add_typer(survey.app, name="survey")
app.command()(reproduce.reproduce)


def _list_by_sentence(group: typer.Typer) -> None:
    """Let lists of commands say what each does: the sentence that is behind the example in its help."""
    for command in group.registered_commands:
        example, _, rest = (inspect.getdoc(command.callback) or "").partition("\n\n")
        text = rest if example.startswith("Example:") else example
        command.short_help = " ".join(text.split()).partition(". ")[0].removesuffix(".") + "."
    for info in group.registered_groups:
        if info.typer_instance:
            _list_by_sentence(info.typer_instance)


_list_by_sentence(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixdream {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


def main() -> None:
    """Run the command line; exit 0 when done, 2 for wrong input, 1 for anything else."""
    print_any_name()
    signal.signal(signal.SIGTERM, _as_keyboard_interrupt)
    try:
        code = app(standalone_mode=False, prog_name="mixdream")
    except InputError as error:
        code = _fail(str(error), 2)
    except MixdreamError as error:
        code = _fail(str(error), 1)
    except OSError as error:
        code = _fail(explain(error), 1 if is_full(error) or error.errno in _ENVIRONMENT else 2)
    except typer.TyperException as error:
        context, message = getattr(error, "ctx", None), error.format_message()
        hint = f" (see '{context.command_path} --help')" if context and message else ""
        code = _fail(message + hint, error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("interrupted", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _as_keyboard_interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Let SIGTERM unwind like Ctrl-C, so that temporary files are cleaned up."""
    raise KeyboardInterrupt


def _fail(message: str, code: int) -> int:
    """Print one line on stderr, from one of the processes that a launcher started on a machine."""
    if message and is_first_of_machine():
        print("mixdream: " + " ".join(message.split()), file=sys.stderr)
    return code
