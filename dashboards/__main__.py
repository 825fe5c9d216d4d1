"""`python -m dashboards --port N`: pages and gateway on one loopback address."""

from __future__ import annotations

import click


@click.command()
@click.option("--port", default=8501, show_default=True, help="The port on 127.0.0.1.")
def serve(port: int) -> None:
    """Serve the pages and the gateway of the configuration in force until stopped.

    Example: python -m dashboards --port 8501
    """
    from dashboards.server import serve as run

    run(port)


if __name__ == "__main__":
    serve()
