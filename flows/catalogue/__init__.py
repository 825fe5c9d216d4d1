"""The catalogue: open Delta tables, an index of footage and journal."""
