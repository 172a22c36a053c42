"""The errors a user of the training programs can cause or mend."""

from recognizer.errors import RecognizerError


class DataError(RecognizerError):
    """Recordings, alignments or a tool needed for training are missing or do not fit."""
