"""Runs on a node: cameras to sealed segments in a local spool."""
