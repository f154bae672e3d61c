"""The metrics of one audit: of cells, of classes and errors, of rows, of probable groups."""
