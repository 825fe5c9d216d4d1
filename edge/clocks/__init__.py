"""Clocks that were set: how good they are, and where footage lies once they are right."""
