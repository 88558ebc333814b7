"""The catalogue listens to nobody: what it keeps is written by its own services."""
