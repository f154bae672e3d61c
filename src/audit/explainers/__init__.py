"""Explanations: one attribution method per file. Modules are imported where needed."""
