"""``mixdream studio``: the whole product as a web page."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from mixdream.cli.output import quoted

_PORT = 8321


def studio(
    folder: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Folder of 'dream', or a new one.", show_default=True)
    ] = Path("mixdream-studio"),
    port: Annotated[
        int, typer.Option("--port", min=1, max=65_535, help="Port of this machine to listen on.")
    ] = _PORT,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
) -> None:
    """Example: mixdream studio my-project

    Open a project as a web page: sets in, training to hear, pads to play, files out.

    It listens to this machine alone, and only to whoever has the link. What takes long goes on when the page
    or this command ends.
    """
    import threading
    import webbrowser

    from mixdream.project import Project
    from mixdream.studio.server import Server

    server = Server(Project(folder), port)
    with server.listening():
        typer.echo(f"studio  {server.link}")
        typer.echo("Ctrl-C ends it; a training goes on, and is there again at the next start.")
        if browser:
            webbrowser.open(server.link_file().as_uri())
        threading.Thread(target=server.studio.desk.warm_up).start()
        with suppress(KeyboardInterrupt):  # which the server raises again once it has ended
            server.run()
        typer.echo(f"ended; to go on: mixdream studio {quoted(folder)}")
