"""Figures: SVG that follows the reader's colour scheme. They draw; they compute no result."""
