"""``mixdream survey``: a listening test, from folders of clips to tables with intervals."""

import typer

from mixdream.cli import survey_analyse, survey_new, survey_serve

app = typer.Typer(
    help="Run a listening test: design it, serve it, analyse it. No answer is lost.", no_args_is_help=True
)
app.command()(survey_new.new)
app.command()(survey_new.plan)
app.command()(survey_serve.serve)
app.command()(survey_analyse.export)
app.command()(survey_analyse.analyse)
app.command()(survey_serve.delete)
