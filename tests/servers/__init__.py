"""Real servers for the tests, each on loopback, ended by process group, never skipped."""
