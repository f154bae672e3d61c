"""Mitigation: retraining, fine-tuning and thresholds that narrow a disparity."""
