"""What happens to exceptions that nobody expected: one dialog, and the program lives on.

Threads: an exception may come from any thread. It is made into text in the thread that raised it,
so that no frame and nothing in it is kept alive, and the text is handed to the window's thread.
"""

import platform
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

import PySide6
import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from recognizer import __version__

MESSAGE = "Something went wrong; the program goes on."
"""What the dialog says."""
SHOWN_ERRORS = 5
"""Different errors whose details are kept at most; of others only the number."""
KNOWN_PLACES = 200
"""Different errors that are told apart at most."""

ParentGetter = Callable[[], QWidget | None]


def versions() -> str:
    """Return what runs here, in one line."""
    return (
        f"keyword-recognizer {__version__}, Python {platform.python_version()}, "
        f"PySide6 {PySide6.__version__}, Qt {qVersion()}, {platform.platform()}"
    )


def place_of(kind: type[BaseException], trace: TracebackType | None) -> str:
    """Return where an error was raised, equal for errors that differ in their message only."""
    frames = traceback.extract_tb(trace)
    return f"{kind.__name__} " + " ".join(f"{each.filename}:{each.lineno}" for each in frames)


class ErrorDialog(QDialog):
    """Tells of unexpected errors, with details to copy; repeated ones are only counted.

    Parameters
    ----------
    parent
        The window, which stays usable.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._times: dict[str, int] = {}
        self._texts: list[str] = []
        self._others = 0
        self.setWindowTitle("Unexpected error")
        self._message = QLabel(MESSAGE, self)
        font = self._message.font()
        font.setBold(True)
        self._message.setFont(font)
        self._message.setWordWrap(True)
        self._count = QLabel(self)
        self._count.setWordWrap(True)
        self._details = QPlainTextEdit(self)
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setAccessibleName("Details of the error")
        self._details.setToolTip("Where it happened, for whoever can mend it")

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip("Go on (Escape)")
        close.setDefault(True)
        self._copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.setAutoDefault(False)
        self._copy.setAccessibleName("Copy the details")
        self._copy.setToolTip("Copy the details, to send them to whoever can mend it")
        self._copy.clicked.connect(self._copy_details)

        column = QVBoxLayout(self)
        column.addWidget(self._message)
        column.addWidget(self._count)
        column.addWidget(self._details, 1)
        column.addWidget(buttons)
        em = self.fontMetrics().height()
        self.resize(38 * em, 20 * em)

    @property
    def details(self) -> str:
        """What Copy copies."""
        return f"{self._count.text()}\n{self._details.toPlainText()}"

    def add(self, place: str, text: str) -> bool:
        """Take an error.

        Parameters
        ----------
        place
            What makes it the same as another; see `place_of`.
        text
            Its details.

        Returns
        -------
        bool
            Whether it is the first one at its place.
        """
        is_new = place not in self._times and len(self._times) < KNOWN_PLACES
        if is_new or place in self._times:
            self._times[place] = self._times.get(place, 0) + 1
        else:
            self._others += 1
        total, places = sum(self._times.values()) + self._others, len(self._times)
        where = "" if places == 1 else f", in {places} different places"
        self._count.setText(f"It happened {'once' if total == 1 else f'{total} times'}{where}.")
        # Only then, because it would take away what the user has selected.
        if is_new and len(self._texts) < SHOWN_ERRORS:
            self._texts.append(text)
            self._details.setPlainText("\n".join([versions(), "", *self._texts]))
        return is_new

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self.details)


class ExceptionHook(QObject):
    """Shows what Python calls ``sys.excepthook`` and ``threading.excepthook`` with.

    Each different error is also passed on, once, to the hook that was there before, which prints
    it. An error shown in a dialog that the user has closed does not open it again.

    Parameters
    ----------
    parent_getter
        Returns the window that the dialog belongs to, or None.
    """

    _happened = Signal(str, str)

    def __init__(self, parent_getter: ParentGetter) -> None:
        super().__init__()
        self._parent_getter = parent_getter
        self._dialog: ErrorDialog | None = None
        self._printed: set[str] = set()
        self._previous = sys.excepthook
        self._previous_threading = threading.excepthook
        # Queued even from the window's own thread: a dialog must not open inside a paintEvent.
        self._happened.connect(self._show, Qt.ConnectionType.QueuedConnection)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    @property
    def dialog(self) -> ErrorDialog | None:
        """The dialog, if there was an error since its window was made."""
        if self._dialog is not None and not shiboken6.isValid(self._dialog):
            self._dialog = None
        return self._dialog

    def uninstall(self) -> None:
        """Give the hooks back, unless somebody else has taken them since."""
        if sys.excepthook == self._on_exception:
            sys.excepthook = self._previous
        if threading.excepthook == self._on_thread_exception:
            threading.excepthook = self._previous_threading
        dialog = self.dialog
        if dialog is not None:
            dialog.close()

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if self._take(kind, error, trace):
            self._previous(kind, error, trace)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if self._take(args.exc_type, args.exc_value, args.exc_traceback):
            self._previous_threading(args)

    def _take(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Send an error to the dialog, and return whether the hook before must learn of it."""
        if not issubclass(kind, Exception) or QCoreApplication.instance() is None:
            return True
        place = place_of(kind, trace)
        self._happened.emit(place, "".join(traceback.format_exception(kind, error, trace)))
        if place in self._printed or len(self._printed) >= KNOWN_PLACES:
            return False
        self._printed.add(place)
        return True

    def _show(self, place: str, text: str) -> None:
        try:
            dialog = self.dialog
            if dialog is None:
                dialog = self._dialog = ErrorDialog(self._parent_getter())
            if dialog.add(place, text):
                dialog.show()
        except Exception as error:  # noqa: BLE001 - it would lead here again, without end
            self._previous(type(error), error, error.__traceback__)


_installed: ExceptionHook | None = None
# The interpreter has one of each hook, so there is one of these.


def install_exception_hook(parent_getter: ParentGetter) -> None:
    """Show unexpected exceptions of every thread in a dialog, until `uninstall`.

    Parameters
    ----------
    parent_getter
        Returns the window that the dialog belongs to, or None; called in the window's thread.
    """
    global _installed
    uninstall()
    _installed = ExceptionHook(parent_getter)


def report(error: Exception) -> None:
    """Treat an exception that was caught as if nobody had."""
    sys.excepthook(type(error), error, error.__traceback__)


def uninstall() -> None:
    """Give back the hooks that `install_exception_hook` took, if it did."""
    global _installed
    if _installed is not None:
        _installed.uninstall()
        _installed = None
