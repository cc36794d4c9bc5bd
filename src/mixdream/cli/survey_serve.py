"""``mixdream survey serve`` and ``mixdream survey delete``: taking answers, and giving them back."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.errors import InputError

if TYPE_CHECKING:
    from mixdream.survey.serving.settings import Settings
    from mixdream.survey.storage.store import Store

DB_OPTION = typer.Option(
    None,
    metavar="URL",
    help="Database: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME; without it answers.sqlite beside "
    "the design. A password is seen in the list of processes: give such a URL in the variable.",
    envvar="MIXDREAM_SURVEY_DB",
    show_default=False,
)


def serve(
    folder: Path = typer.Argument(metavar="DESIGN", help="Folder of a listening test, or its survey.yaml."),
    db: str | None = DB_OPTION,
    host: str = typer.Option("127.0.0.1", help="Address to listen on; 0.0.0.0 is every one."),
    port: int = typer.Option(8000, min=1, max=65535, help="Port to listen on."),
    workers: int = typer.Option(1, min=1, max=64, help="Processes that answer requests."),
    root_path: str = typer.Option(
        "", metavar="PATH", help="Path that a reverse proxy strips, as in /test.", show_default=False
    ),
    proxy: bool = typer.Option(
        False,
        "--proxy",
        help="Believe the reverse proxy's X-Forwarded-For and X-Forwarded-Proto; never without one.",
    ),
    preview: bool = typer.Option(
        False, "--preview", help="Try the test as a listener: what is answered is thrown away at the end."
    ),
) -> None:
    """Example: mixdream survey serve my-test --port 8000

    Serve a listening test until Ctrl-C; every answer is on the disk before it is confirmed.
    """
    from tempfile import TemporaryDirectory

    from mixdream.survey.design.read_design import read_design
    from mixdream.survey.rendering.render import render_clips
    from mixdream.survey.serving.settings import Settings

    design, folder = read_design(folder), _folder(folder)
    if root_path and (not root_path.startswith("/") or root_path.endswith("/")):
        raise InputError(f"--root-path must begin with / and not end with it, as in /test; got '{root_path}'")
    with progress("Rendering clips") as report:
        render_clips(design, folder, report)
    with TemporaryDirectory(prefix="mixdream-preview-") as thrown_away:
        url = f"sqlite:///{thrown_away}/answers.sqlite" if preview else db or _database_of(folder)
        with open_answers(folder, url, create=True) as store:
            older = [known for known, _ in store.designs() if known != design.hash]
            store.add_design(design)
        if older:
            typer.echo(
                "The design was changed: new listeners get it, the others finish the one that they began."
            )
        settings = Settings(str(folder.resolve()), url, design.hash, proxy, preview)
        _run(settings, host, port, workers, root_path)


def _run(settings: "Settings", host: str, port: int, workers: int, root_path: str) -> None:
    """Say where the test is, and serve it until a signal ends that."""
    import socket

    import uvicorn

    from mixdream.survey.serving.connections import Connection, allow_files
    from mixdream.survey.serving.settings import progress_token

    settings.to_environment()
    allow_files()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socket.create_server((host, port), family=family).close()  # or say at once that the port is taken
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    typer.echo(f"For listeners: {address}/")
    typer.echo(f"Progress, for you alone: {address}/progress/{progress_token(Path(settings.folder))}")
    if root_path or settings.proxy:
        typer.echo(f"Behind your proxy both begin with https://YOUR-HOST{root_path}/ instead.")
    if settings.preview:
        typer.echo("This is a preview: Ctrl-C ends it, and nothing that was answered is kept.")
    else:
        typer.echo("Ctrl-C ends it; answers stay, and listeners go on when it is served again.")
    uvicorn.run(
        "mixdream.survey.serving.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        root_path=root_path,
        log_level="warning",
        access_log=False,  # it would hold addresses and the listeners' own links
        proxy_headers=False,  # the application reads them itself
        server_header=False,
        http=Connection,
        ws="none",
        timeout_graceful_shutdown=10,
    )


def delete(
    folder: Path = typer.Argument(metavar="DESIGN", help="Folder of a listening test, or its survey.yaml."),
    session: str = typer.Argument(help="Session to delete, as answers and exports name it."),
    db: str | None = DB_OPTION,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream survey delete my-test 3f2a

    Delete a listener's answers for good. Exports made before still have them: export again.
    """
    with open_answers(folder, db) as store:
        if not yes:
            typer.confirm(f"Delete session {session} and all its answers for good?", abort=True, err=True)
        number = store.delete(session)
    if number is None:
        raise InputError(f"there is no session '{session}'; 'mixdream survey export' lists them")
    if as_json:
        print_json({"session": session, "answers_deleted": number})
    else:
        typer.echo(f"session {session}: {number} answers deleted")


def open_answers(folder: Path, db: str | None, create: bool = False) -> "Store":
    """Database of a test: the one that is named, else the file beside its design."""
    from mixdream.survey.storage.store import Store

    return Store(db or _database_of(folder), create)


def _database_of(folder: Path) -> str:
    return f"sqlite:///{_folder(folder).resolve() / 'answers.sqlite'}"


def _folder(design: Path) -> Path:
    return design.parent if design.is_file() else design
