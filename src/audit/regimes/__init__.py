"""Laws and standards as versioned data files, filled from what was measured."""
