"""Deployment and the `livecam` command: stands on every layer, imported by none."""
