"""The whole of livecam.yaml, as the commands read it."""

from flows.config_file.whole import CAMERA, TOP, Config, load, restarts

__all__ = ["CAMERA", "TOP", "Config", "load", "restarts"]
