"""Inputs that are no table: images, texts and series, read from disk a few rows at a time."""
