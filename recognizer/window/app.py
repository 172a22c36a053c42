"""The program with a window: from the command line to the event loop, and back to a status."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from recognizer.errors import RecognizerError
from recognizer.log import LOG

NO_QT = (
    "The window needs PySide6 and pyqtgraph; install them with: "
    "pip install 'keyword-recognizer[gui]' (or use `recognizer --cli`)."
)
NO_SCREEN = "There is no screen to open a window on; `recognizer --cli` works in the terminal."

_SMOKE_TEST_S = 60.0
"""The smoke test fails when it is not over by then (seconds)."""


class WindowError(RecognizerError):
    """The window cannot be opened; ``str(error)`` is one sentence."""


def run_window(
    *,
    device: int | str | None = None,
    channel: int | None = None,
    threshold: float | None = None,
    model: Path | None = None,
    connected: bool = False,
    sound: str | None = None,
    smoke_test: bool = False,
    check_signals: Callable[[], None] = lambda: None,
) -> int:
    """Open the window and return when it is closed.

    Parameters
    ----------
    device, channel, threshold, model, connected
        As on the command line; they go before the settings of last time and are not kept.
    sound
        A sound file to run at once instead of listening.
    smoke_test
        Run the demo recording as fast as possible, print the words, and close.
    check_signals
        Raises KeyboardInterrupt if a signal came while Qt was being imported: its exception may
        have been swallowed there.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    WindowError
        If there is no Qt or no screen.
    """
    check_screen()
    try:
        from PySide6.QtCore import QTimer
        from PySide6.QtGui import QIcon
        from PySide6.QtWidgets import QApplication

        from recognizer.model_file import icon_path
        from recognizer.window import error_dialog
        from recognizer.window.main_window import TITLE, MainWindow
        from recognizer.window.settings import Settings, load_settings, save_settings, settings_path
    except ModuleNotFoundError as error:
        raise WindowError(NO_QT) from error
    except ImportError as error:
        # The loader's own words name the library: "libGL.so.1: cannot open shared object file".
        raise WindowError(
            f"The window's libraries are not complete ({error}); `make run` installs them on "
            "Debian and Ubuntu, and `recognizer --cli` works without them."
        ) from error

    application = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(application, QApplication)
    application.setApplicationName("keyword-recognizer")
    application.setApplicationDisplayName(TITLE)
    application.setDesktopFileName("keyword-recognizer")
    application.setWindowIcon(QIcon(str(icon_path())))

    with _signals_close():
        check_signals()
        path = settings_path()
        settings, broken = (Settings(), None) if smoke_test else load_settings(path)

        def keep(changed: Settings) -> None:
            if smoke_test:
                return
            try:
                save_settings(path, changed)
            except OSError as error:
                window.trouble.show_trouble(
                    "settings", f"The settings cannot be kept in {path}: {error.strerror or error}."
                )

        window = MainWindow(
            settings,
            device=device,
            channel=channel,
            threshold=threshold,
            model=model,
            connected=connected,
            on_settings=keep,
        )
        error_dialog.install_exception_hook(lambda: window)
        window.unexpected.connect(error_dialog.report)
        # A microphone logs for itself.
        window.runner.opened.connect(lambda opened: LOG.info("Listening to '%s'.", opened.name))
        window.runner.ended.connect(_log_end)
        window.runner.not_connected.connect(lambda error: LOG.error(str(error)))
        if broken is not None:
            window.trouble.show_trouble("settings", broken)
        status = 0
        if smoke_test:
            said: list[str] = []
            window.use_pace("fast")
            window.detected.connect(lambda heard: said.append(str(heard.label)))
            window.runner.ended.connect(lambda error, kind: window.close())
            QTimer.singleShot(int(_SMOKE_TEST_S * 1000), window.close)
        window.show()
        QTimer.singleShot(0, window.panels.devices.refresh)
        # After the first picture, so that a slow sound system does not delay it.
        if smoke_test:
            QTimer.singleShot(0, window.run_demo)
        elif sound is not None:
            QTimer.singleShot(0, lambda: window.open_file(sound))
        else:
            QTimer.singleShot(0, window.listen)
        status = application.exec()
    error_dialog.uninstall()
    if smoke_test:
        sys.stdout.write(" ".join(said) + "\n")
        status = status or (0 if said else 1)
    return status


def _log_end(error: Exception | None, kind: str) -> None:
    if isinstance(error, RecognizerError):
        LOG.error(str(error))
    elif error is None:
        LOG.info("The %s was ended.", kind)


def check_screen() -> None:
    """Qt would abort the process where there is no screen."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if sys.platform != "linux" or platform not in ("", "xcb", "wayland"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise WindowError(NO_SCREEN)


@contextlib.contextmanager
def _signals_close() -> Iterator[None]:
    """Close the window on Ctrl-C, SIGTERM and SIGHUP; the second time the process ends at once."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    def end() -> None:
        QApplication.closeAllWindows()
        QApplication.quit()

    def close(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        # From the event loop: it may not run yet, and a window that is closed before, or in the
        # middle of a picture, would not end it.
        QTimer.singleShot(0, end)

    numbers = [
        getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
    ]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, close)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
