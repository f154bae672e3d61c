"""The cell table: rows of any kind counted once, merged and rolled up."""
