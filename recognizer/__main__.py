"""``python -m recognizer``, and the command ``recognizer``.

Only programs import this module: it changes what Ctrl-C does.
"""

import signal
import sys

# From here on Ctrl-C ends the process without a word, until `main` has its own way to end. By
# default it would print a traceback while the modules below are being imported.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

if getattr(sys, "frozen", False):
    # The frozen program is itself the processes that recognize many files.
    from multiprocessing import freeze_support

    freeze_support()

from recognizer import cli


def main() -> int:
    """Run the command of this process, and return its exit status."""
    status = cli.main()
    if "recognizer.window.app" in sys.modules:
        from recognizer.last_threads import end_beside_threads

        end_beside_threads(status)
    return status


if __name__ == "__main__":
    # The frozen program has no Python beside it, so it is itself the process that tries a model.
    if sys.argv[1:] == ["--trial-load"]:
        from recognizer import trial_process

        sys.exit(trial_process.main())
    sys.exit(main())
