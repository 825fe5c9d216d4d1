"""`python -m edge.serving --node NAME --port N`: a node's server."""

from __future__ import annotations

import click


@click.command()
@click.option("--node", required=True, help="The node's name.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--apply", default="", help="The module that applies what the hub configures.")
def serve(node: str, host: str, port: int, apply: str) -> None:
    """Serve the pictures of the cameras that are recorded here to the site's gateway, and tell it
    every few seconds how this node is.

    Example: python -m edge.serving --node pi1 --port 8000
    """
    import uvicorn

    from edge.clock import SystemClock
    from edge.home import Home
    from edge.segment import check_name
    from edge.serving import place, token
    from edge.serving.heartbeat import beating
    from edge.serving.server import create_server
    from edge.serving.whole import WholeRequests

    home = Home.from_environment()
    app = create_server(
        check_name(node, "node"), home.recorder, SystemClock(), lambda: token.read(home, node)
    )
    with place.told(home, node, port), beating(home, node, SystemClock(), port, apply):
        uvicorn.run(
            app,
            http=WholeRequests,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            ws_per_message_deflate=False,  # pictures don't shrink
            ws_max_size=1 << 16,
            timeout_graceful_shutdown=1,
        )


if __name__ == "__main__":
    serve()
