"""Intervals and tests as plain functions of arrays, each with its source."""
