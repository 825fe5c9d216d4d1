"""`livecam audit`: the laws, checked on their evidence."""

from __future__ import annotations

import sys

import click

from flows.audit import Law, broken
from flows.audit import audit as check
from flows.site import open_site
from infra.cli import say


@click.command()
@click.option("--quick", is_flag=True, help="Read no footage and fold no journal again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def audit(quick: bool, as_json: bool) -> None:
    """Check the laws on their evidence; exit 1 when one is broken.

    Reads every stored byte: a year of footage takes hours, --quick minutes.

    Example: livecam audit --json
    """
    laws = check(open_site(), quick=quick)
    if as_json:
        say({"laws": {law.number: law.as_json() for law in laws}})
    else:
        for law in laws:
            _line(law)
    if broken(laws):
        sys.exit(1)


def _line(law: Law) -> None:
    if law.finding is None:
        why = law.not_applicable or f"proven by {law.proven_by}"
        click.echo(f"{law.number}  -       {why}")
        return
    state = "BROKEN" if law.finding.keys else "holds"
    click.echo(f"{law.number}  {state:6}  {law.finding.checked} checked")
    for key in sorted(set(law.finding.keys))[:20]:
        click.echo(f"      {key}")
