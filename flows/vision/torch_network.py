"""Opens a TorchScript network; PyTorch is an extra, since it is larger than all the rest."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.vision.network import Network, told


def open_network(weights: bytes, path: Path, threads: int) -> Network:
    """The network on CUDA where that works, else on the CPU; `threads` holds for the process.

    Raises BadModel for what it cannot open, and for anything where PyTorch is not installed.
    """
    try:
        import torch
    except ImportError:
        hint = "Install it: pip install 'livecam[torch]'"
        raise BadModel(f"{path.name} needs PyTorch", path=path, hint=hint) from None
    torch.set_num_threads(threads)
    device, why = _device(torch)
    try:
        with warnings.catch_warnings():  # since 2.9 that other formats are to be preferred
            warnings.simplefilter("ignore")
            module = torch.jit.load(io.BytesIO(weights), map_location=device).eval()
    except Exception as error:  # noqa: BLE001  its exceptions share no public base
        raise BadModel(f"model {path.name} does not open: {told(error)}", path=path) from None

    def run(blob: NDArray[np.float32]) -> NDArray[Any]:
        with torch.inference_mode():
            answer = module(torch.from_numpy(np.ascontiguousarray(blob)).to(device))
        first = answer if isinstance(answer, torch.Tensor) else answer[0]
        return np.asarray(first.cpu().numpy())

    return Network(run, f"torch-{device}", why)


def _device(torch: Any) -> tuple[str, str]:
    """The device, and why that one."""
    if not torch.cuda.is_available():
        return "cpu", "torch-cuda: no such device here; torch-cpu: opened"
    try:
        torch.zeros(1, device="cuda")
    except RuntimeError as error:
        return "cpu", f"torch-cuda: {told(error)}; torch-cpu: opened"
    return "cuda", "torch-cuda: opened"
