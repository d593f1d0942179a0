"""The `guard` command. Exit status: 0 good, 1 the answer is no, 2 usage, 3 it could not be done."""

import os
import sys

import typer

from guard.cli import audit, evaluate, keys, optout, policy, registry, screen, serve
from guard.cli.output import EXIT_FAILED, complain
from guard.errors import GuardError

app = typer.Typer(
    name="guard",
    help="Likeness Guard: screens image-generation requests against an opt-out and consent registry, and records every decision.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
app.command("serve")(serve.serve)
app.command("screen")(screen.screen)
app.command("demo")(serve.demo)
app.command("bench")(evaluate.bench)
app.add_typer(optout.app, name="optout")
app.add_typer(registry.app, name="registry")
app.add_typer(keys.app, name="keys")
app.add_typer(policy.app, name="policy")
app.add_typer(audit.app, name="audit")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(serve.upstream, name="upstream")
app.add_typer(serve.database, name="db")


def main() -> None:
    """Run one command; an error of ours is one line on standard error and status 3."""
    try:
        app()
    except GuardError as error:
        complain(str(error))
        sys.exit(EXIT_FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
