"""Imports listen to nobody."""
