"""The weight ledgers: which units, weights and biases of a network carry a disparity."""
