"""Stands in for PiDNG, which is built from C here and writes raw stills only."""
