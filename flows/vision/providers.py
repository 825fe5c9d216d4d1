"""Which of ONNX Runtime's execution providers really opens a network here, and why that one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from edge.errors import BadModel
from flows.vision.network import told

FIRST = ("CUDAExecutionProvider", "TensorrtExecutionProvider")
LAST = "CPUExecutionProvider"
# In every build, and no hardware: it sends pictures to an address.
_ELSEWHERE = {"AzureExecutionProvider"}
_ERRORS_ONLY = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A session, the provider that runs it, and one line on that and on those before it."""

    session: Any
    provider: str
    why: str


def order() -> tuple[str, ...]:
    """CUDA, TensorRT, CPU; what else this ONNX Runtime was built with comes before the CPU.

    Behind it none would ever be asked, since the CPU always opens.
    """
    known = {*FIRST, LAST, *_ELSEWHERE}
    others = [p for p in onnxruntime.get_available_providers() if p not in known]
    return (*FIRST, *others, LAST)


def open_session(weights: bytes, path: Path, threads: int) -> Opened:
    """The first provider that makes a session. Raises BadModel with every provider's reason."""
    built_in = set(onnxruntime.get_available_providers())
    why = []
    for provider in order():
        if provider not in built_in:
            why.append(f"{provider}: not in this ONNX Runtime")
            continue
        try:
            session = onnxruntime.InferenceSession(weights, _options(threads), providers=[provider])
        except Exception as error:  # noqa: BLE001  its exceptions share no public base
            why.append(f"{provider}: {told(error)}")
            continue
        if provider in session.get_providers()[:1]:
            return Opened(session, provider, "; ".join([*why, f"{provider}: opened"]))
        # It falls back to the CPU with no more than a log line when CUDA's libraries are missing.
        why.append(f"{provider}: fell back to {session.get_providers()[0]}")
    raise BadModel(f"model {path.name} opens on no provider: {'; '.join(why)}", path=path)


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    # What was checked is an ONNX file; left alone it would take its own format, too.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return options
