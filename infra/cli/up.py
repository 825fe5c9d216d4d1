"""`livecam up` and `livecam down`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict

import click

from edge.errors import BadSettings, MissingPart
from edge.home import Home
from edge.service import Service
from edge.settings import refuse_unknown
from flows.config_file import whole as configuration
from flows.config_file.whole import Config
from infra.cli import note, say
from infra.stack import logs, record, run
from infra.stack.follow import Follower
from infra.stack.ports import Ports
from infra.stack.site import Addresses, Plan, Planner, Role, plan
from infra.stack.supervisor import Supervisor

EXAMPLE = 'cameras: {gate: {source: "rtsp://user:{GATE_PASSWORD}@gate.local/stream"}}'
LOG = "up.log"  # of one that was started with --detach


@click.command()
@click.option("--hub", is_flag=True, help="Everything but recorders and uploads.")
@click.option("--node", metavar="NAME", help="Only this node's recorders and uploads.")
@click.option("--no-record", is_flag=True, help="With --node: another service records.")
@click.option("--detach", is_flag=True, help="Go on in the background once all is ready.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as JSON.")
def up(hub: bool, node: str | None, no_record: bool, detach: bool, as_json: bool) -> None:
    """Run a whole site on this machine, the hub alone, or one node's part.

    It goes on until Ctrl-C or `livecam down`. Where it runs already, it prints the addresses.

    Edit livecam.yaml meanwhile: cameras are taken over within seconds, retention and detection at
    the next run. Other nodes:, store: or prefect: want a restart, and that is told.

    Example: livecam --config livecam.yaml up
    """
    if no_record and node is None:
        raise click.UsageError("--no-record is for one node: give --node NAME")
    role, site, home = _role(hub, node), _config(), Home.from_environment()
    if node is not None:
        refuse_unknown([node], site.nodes, "nodes")
    if detach:
        _show(_detached(home), as_json)
        return
    with run.stopping() as stop:
        lock = record.supervise(home)
        if lock is None:
            _show(_running(home), as_json)
            return

        ports, service = Ports(), Service()

        def make_plan() -> Plan:
            return plan(site, home, ports, role, node, records=not no_record)

        def ready(found: Addresses) -> None:
            service.ready("runs")
            _show(found, as_json)

        recorder = Planner(site, home, ports).recorder if role is Role.SITE else None
        with Follower(site, note, recorder, hub=role is not Role.NODE) as follower:

            def tick(parts: Supervisor, made: Plan) -> None:
                service.alive()
                follower.tick(parts, made)

            run.supervise(home, lock, make_plan, note, ready, stop, tick)
        service.stopping()
        ports.close()
        note("stopped: nothing is left running")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was stopped as JSON.")
def down(as_json: bool) -> None:
    """Stop everything that `up` started under this LIVECAM_HOME.

    Example: livecam down
    """
    stopped = run.down(Home.from_environment())
    if as_json:
        say({"stopped": stopped})
    else:
        note(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def _role(hub: bool, node: str | None) -> Role:
    if hub and node:
        raise click.UsageError("--hub and --node exclude each other")
    return Role.HUB if hub else Role.NODE if node else Role.SITE


def _config() -> Config:
    site = configuration.load()
    if site.path is None:
        raise BadSettings(
            "there is no livecam.yaml to run",
            hint=f"Write one here (the least is: {EXAMPLE}), or see `livecam demo`",
        )
    return site


def _running(home: Home) -> Addresses:
    found = run.other(home)
    if found is None:
        raise MissingPart("`up` ended just now", hint="Run it again")
    note("runs already")
    return found


def _detached(home: Home) -> Addresses:
    """Start `up` again in the background; wait until it is ready or has ended."""
    words = [word for word in sys.argv[1:] if word != "--detach"]
    log = home.logs / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "infra.cli", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    while child.poll() is None:
        found = record.read(home, record.ADDRESSES)
        if found is not None:
            return Addresses(**found)
        time.sleep(0.25)
    if child.returncode == 0 and (found := record.read(home, record.ADDRESSES)):
        return Addresses(**found)
    raise MissingPart("`up` ended at once", path=log, hint=logs.last_words(log))


def _show(found: Addresses, as_json: bool) -> None:
    rows = asdict(found)
    setup = _setup(found) if found.app else None
    if as_json:
        say({"addresses": rows, **({"setup": setup} if setup else {})})
        return
    names = {"app": "Livecam", "prefect": "Prefect", "s3": "S3", "console": "MinIO"}
    for key, address in rows.items():
        if address:
            click.echo(f"{names[key]:<10}{address}")
    if setup:
        click.echo(f"\nMake the administrator's account (once, within a day):\n{setup}")


def _setup(found: Addresses) -> str | None:
    """A new link that makes the first account, where there is none; a log is told how."""
    from dashboards.access.access import access_of
    from infra.cli.users import one_time

    home = Home.from_environment()
    if access_of(home).has_users():
        return None
    if _logged(home):
        note("there is no account yet: `livecam users link` prints a link that makes the first")
        return None
    return one_time(access_of(home), at=found.app)


def _logged(home: Home) -> bool:
    """Whether what is printed here is kept: by the journal (systemd.exec(5)), or in `up.log`."""
    try:
        out = os.fstat(sys.stdout.fileno())
        log = (home.logs / LOG).stat() if (home.logs / LOG).exists() else None
    except OSError:  # no file at all
        return False
    journal = os.environ.get("JOURNAL_STREAM") == f"{out.st_dev}:{out.st_ino}"
    return journal or (log is not None and os.path.samestat(out, log))
