"""Holds the tree to the design: who may import what, and what may stand in the repository."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OURS = {
    "edge": {"edge"},
    "flows": {"edge", "flows"},
    "dashboards": {"edge", "flows", "dashboards"},
    "infra": {"edge", "flows", "dashboards", "infra"},
}
# Foreign package → the only files that may import it: an adapter may have several, all named
# for what they adapt. `*` crosses no folder border here.
FOREIGN = {
    "prefect": ["flows/*.py", "infra/stack/prefect_server.py"],
    "boto3": ["flows/store/s3*.py", "infra/minio*.py", "infra/bench/*.py"],
    "botocore": ["flows/store/s3*.py", "infra/minio*.py", "infra/bench/*.py"],
    "minio": ["infra/minio*.py"],
    "picamera2": ["edge/camera/picamera_device.py"],
    "streamlit": ["dashboards/*.py", "dashboards/**.py"],
    "fastapi": ["dashboards/*.py", "dashboards/**.py"],
    "starlette": ["dashboards/*.py", "dashboards/**.py", "edge/serving/*.py"],
    "websockets": ["dashboards/live/*.py", "dashboards/minio_console.py", "infra/bench/*.py"],
}
NOT_AT_THE_EDGE = {"cv2", "deltalake", "onnxruntime", "polars", "pyarrow", "pandas"}

FOLDERS = {".ci", "dashboards", "docs", "edge", "flows", "infra", "tests"}
FILES = {
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "prefect.yaml",
    "pyproject.toml",
    "requirements-pi.lock",
    "requirements-test.lock",
    "requirements.lock",
}
PICTURES = {".png", ".webp"}
# Put together here, so that this file does not name them either.
REGISTRIES = [
    host + end
    for host, end in (
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("registry.npmjs", ".org"),
        ("proxy.golang", ".org"),
        ("sum.golang", ".org"),
    )
]
HOMES = "home|root|Users|work"
MACHINE_PATH = re.compile(rf"(?<![\w.}}~-])/(?:{HOMES})/\w")


def imported(source: str) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else node.module or "."


def allowed(path: str, patterns: list[str]) -> bool:
    return any(
        fnmatch(path, pattern) and ("**" in pattern or path.count("/") == pattern.count("/"))
        for pattern in patterns
    )


def forbidden(path: str, package: str) -> bool:
    """Whether the design forbids this file to import that package; "" is a relative import."""
    layer = path.split("/", maxsplit=1)[0]
    if package in (*OURS, "tests"):
        return package not in OURS[layer]
    if package in FOREIGN:
        return not allowed(path, FOREIGN[package])
    return not package or (layer == "edge" and package in NOT_AT_THE_EDGE)


def wrong_imports(path: str, source: str) -> list[str]:
    """What a file of ours imports that the design forbids it."""
    return [name for name in imported(source) if forbidden(path, name.split(".")[0])]


@cache
def repository() -> list[str]:
    """Every file that is or could be committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({name for name in out.split("\0") if name and (ROOT / name).is_file()})


def text_files() -> Iterator[tuple[str, str]]:
    for name in repository():
        if Path(name).suffix not in PICTURES:
            yield name, (ROOT / name).read_bytes().decode(errors="replace")


def test_imports_point_up_the_stream() -> None:
    ours = [n for n in repository() if n.endswith(".py") and n.split("/")[0] in OURS]
    wrong = {name: wrong_imports(name, (ROOT / name).read_text()) for name in ours}
    assert {name: names for name, names in wrong.items() if names} == {}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("edge/spool.py", "from flows import upload"),
        ("edge/spool.py", "import polars as pl"),
        ("edge/camera/rtsp.py", "def f():\n    import cv2"),
        ("flows/upload.py", "from dashboards.api import app"),
        ("flows/upload.py", "import boto3"),
        ("flows/store/s3.py", "from prefect import task"),
        ("flows/store/folder.py", "from botocore.client import Config"),
        ("flows/media/probe.py", "from .. import upload"),
        ("dashboards/app.py", "import infra.minio"),
        ("dashboards/api/app.py", "import prefect"),
        ("infra/minio.py", "import tests.conftest"),
        ("infra/cli/up.py", "from prefect import serve"),
    ],
)
def test_a_wrong_import_is_seen(path: str, line: str) -> None:
    assert len(wrong_imports(path, line)) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("flows/upload.py", "from prefect import flow"),
        ("flows/store/s3.py", "import boto3"),
        ("dashboards/api/app.py", "import fastapi"),
        ("dashboards/app.py", "import streamlit"),
        ("infra/cli/up.py", "from flows import runs"),
    ],
)
def test_a_right_import_is_let_pass(path: str, line: str) -> None:
    assert wrong_imports(path, line) == []


def test_the_root_holds_what_the_design_names() -> None:
    folders = {name.split("/")[0] for name in repository() if "/" in name}
    files = {name for name in repository() if "/" not in name}
    assert folders <= FOLDERS
    assert files <= FILES


def test_no_file_names_a_package_registry() -> None:
    named = [name for name, text in text_files() if any(host in text for host in REGISTRIES)]
    assert named == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [name for name, text in text_files() if MACHINE_PATH.search(text)] == []


def test_no_binaries_but_the_documents_pictures() -> None:
    assert [name for name, text in text_files() if "\0" in text] == []
    pictures = [name for name in repository() if Path(name).suffix in PICTURES]
    assert [name for name in pictures if not name.startswith("docs/")] == []


def test_nothing_is_vendored() -> None:
    vendored = re.compile(r"(^|/)(vendor|third_party|node_modules)/|\.min\.(js|css)$|\.whl$")
    assert [name for name in repository() if vendored.search(name)] == []
