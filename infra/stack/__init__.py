"""A site on one machine: its parts as supervised processes, adopted and ended by identity."""
