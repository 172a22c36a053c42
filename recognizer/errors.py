"""The errors a user can cause or mend.

Each carries one clear sentence that names the thing and the mend. The programs print that
sentence and end with status 1; a traceback is kept for errors that only a bug can cause.
"""


class RecognizerError(Exception):
    """Something a user can mend. ``str(error)`` is one complete sentence."""


class AudioError(RecognizerError):
    """A sound file or stream that cannot be read."""


class DeviceError(RecognizerError):
    """A microphone that is missing, ambiguous, busy or refused."""


class ModelError(RecognizerError):
    """A model file that is missing, damaged, or does not fit together."""
