"""Prefect's own server: `python -m infra.stack.prefect_server OPTIONS` for `prefect server start`.

Prefect 3.8 begins most transactions DEFERRED, reads in them and then writes. On SQLite, where two
do so at once, one fails whatever `busy_timeout` says: "database is locked" was logged 36 times in
two minutes of six workers that start together, and three of them never got to work. The write
lock taken as a transaction begins lets them queue (https://www.sqlite.org/lang_transaction.html).
What only reads begins no transaction in Prefect, and is as before.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect.cli import app
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.server.database.dependencies import MODELS_DEPENDENCIES
from prefect.settings import get_current_settings
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction


class Immediate(AioSqliteConfiguration):
    """SQLite with BEGIN IMMEDIATE for every transaction."""

    @asynccontextmanager
    async def begin_transaction(
        self,
        session: AsyncSession,
        with_for_update: bool = True,  # noqa: ARG002
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """As Prefect's own, `with_for_update` or not."""
        async with super().begin_transaction(session, with_for_update=True) as transaction:
            yield transaction


def main() -> None:
    """Serve until asked to stop."""
    url = get_current_settings().server.database.connection_url
    if url is not None and (secret := url.get_secret_value()).startswith("sqlite"):
        MODELS_DEPENDENCIES["database_config"] = Immediate(connection_url=secret)
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    app()


if __name__ == "__main__":
    main()
