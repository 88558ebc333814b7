"""Inventory follows what the catalogue decides about backorders."""
