"""The model of connected digits: strings composed, a network fitted, exported and measured."""
