"""The text of a node's units."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

RECORD, UPLOAD = "livecam-record.service", "livecam-upload.service"
# What a camera may belong to; systemd refuses a group that the machine has not.
CAMERA_GROUPS = ("video", "render")

# Devices stay open (cameras, encoders), and so does memory that is written and run (encoders).
# ProtectClock would close /dev along with the clock.
_HARDENED = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={home}
PrivateTmp=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
UMask=0027
"""

_UNIT = """\
# Written by `livecam install`; `systemctl edit` keeps changes of yours beside it.
[Unit]
Description={description}
{after}
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command}
{reload}WorkingDirectory={folder}
Environment={environment}
EnvironmentFile=-{secrets}
User={user}
{groups}Restart=always
RestartSec=2
WatchdogSec=60
TimeoutStartSec={start_s}
TimeoutStopSec=45
KillMode=mixed
LimitNOFILE=65536
TasksMax=4096
{limits}
{hardened}
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True)
class Node:
    """What a node's units name; `groups` are those of CAMERA_GROUPS that exist there."""

    name: str
    user: str
    config: Path
    home: Path
    groups: tuple[str, ...] = ()
    python: Path = Path(sys.executable)

    @property
    def secrets(self) -> Path:
        """The variables that the configuration names as {NAME}, a line each."""
        return self.home / "secrets" / "environment"


def units(node: Node) -> dict[str, str]:
    """File name → text."""
    return {RECORD: _recorder(node), UPLOAD: _upload(node)}


def _recorder(node: Node) -> str:
    return _unit(
        node,
        f"Livecam recorder of node {node.name}",
        ("record", "--node", node.name, "--wait"),
        # Not the network: cameras here and a clock that is not set yet are recorded too.
        after="After=local-fs.target network.target",
        reload="ExecReload=/bin/kill -HUP $MAINPID\n",
        limits="OOMScoreAdjust=-500\nCPUWeight=400\nIOWeight=400",
        start_s=90,
    )


def _upload(node: Node) -> str:
    return _unit(
        node,
        f"Livecam uploads of node {node.name}",
        ("up", "--node", node.name, "--no-record"),
        after="Wants=network-online.target\nAfter=network-online.target",
        reload="",
        limits="CPUWeight=50\nIOWeight=50",
        start_s=300,
    )


def _unit(
    node: Node,
    description: str,
    words: tuple[str, ...],
    *,
    after: str,
    reload: str,
    limits: str,
    start_s: int,
) -> str:
    variables = {"LIVECAM_CONFIG": node.config, "LIVECAM_HOME": node.home}
    return _UNIT.format(
        description=description,
        after=after,
        command=" ".join(
            quoted(word).replace("$", "$$")
            for word in (str(node.python), "-m", "infra.cli", *words)
        ),
        reload=reload,
        folder=escaped(node.config.parent),
        environment=" ".join(quoted(f"{name}={value}") for name, value in variables.items()),
        secrets=escaped(node.secrets),
        user=node.user,
        groups=f"SupplementaryGroups={' '.join(node.groups)}\n" if node.groups else "",
        limits=limits,
        start_s=start_s,
        hardened=_HARDENED.format(home=quoted(str(node.home))),
    )


def escaped(path: Path) -> str:
    """A path where systemd expands specifiers and nothing else."""
    return str(path).replace("%", "%%")


def quoted(word: str) -> str:
    """A word of a list, as systemd.syntax(7) reads it; in a command, $ has a meaning besides."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{safe}"' if set(word) & set(" \t\"'\\;") else safe
