"""What every module logs through; `recognizer.log_file` writes it to a file.

Words are logged at the level DEBUG only. Sound is never logged, and the audio system's callback
never logs: logging takes locks, and waits for a disk.
"""

import logging

LOG = logging.getLogger("recognizer")
"""The logger of the program, which nobody listens to unless asked."""
# Otherwise warnings that nobody listens to are printed on standard error.
LOG.addHandler(logging.NullHandler())
