"""Telling people what happened, by the services that they name in livecam.yaml."""
