"""Measuring a model on streams of held-out recordings, as `train evaluate` does."""
