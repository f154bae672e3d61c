"""What is measured of each group, family by family."""
