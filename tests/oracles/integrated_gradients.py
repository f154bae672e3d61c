"""Integrated gradients by a trapezoid sum over many equal steps, one row and one step at a time."""

import torch


def gradient(score, x):
    point = x.clone().requires_grad_(True)
    score(point.unsqueeze(0)).sum().backward()
    return point.grad


def integrated_gradients(score, row, baseline, steps=2000):
    """`score` maps (1, columns) to (1,); `row` and `baseline` have shape (columns,)."""
    total = torch.zeros_like(row)
    for step in range(steps):
        left = baseline + step / steps * (row - baseline)
        right = baseline + (step + 1) / steps * (row - baseline)
        total += (gradient(score, left) + gradient(score, right)) / 2 / steps
    return total * (row - baseline)
