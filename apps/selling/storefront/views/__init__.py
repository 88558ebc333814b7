"""The doors of the store: each view reads its input, calls one service or selector, and renders."""
