"""Stands in for python-prctl, which is built from C here: nothing is asked of it."""
