"""Stand-ins for what a site has and a machine without cameras has not, and what breaks it all.

`python -m infra.faults NAME` runs one torture: real code, on what a node goes through in years.
"""
