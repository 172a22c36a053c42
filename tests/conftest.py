"""Fixtures for every test."""

from tests.virtual_microphone import virtual_microphone

__all__ = ["virtual_microphone"]

pytest_plugins = ["tests.data_folder"]
