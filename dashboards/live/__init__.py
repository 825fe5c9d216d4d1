"""Cameras as they are now: their nodes' pictures, handed on to whoever watches."""
