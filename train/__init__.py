"""What makes the model: corpora, splits, alignment, augmentation, training, export, evaluation.

This package depends on ``recognizer``, never the other way.
"""
