"""The choice of the microphone, by name.

Threads: listing microphones may take seconds where a sound server hangs, so each listing runs in
a daemon thread that ends by itself, whether or not the window is still there to be told.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from recognizer.devices import DeviceInfo, list_devices
from recognizer.errors import RecognizerError
from recognizer.window.choice import Choice
from recognizer.window.theme import Theme

DEFAULT_TEXT = "System default"
"""The first entry: whatever the system records from."""
_SHORTEST_NAME = 14
"""What is always visible of a name (characters)."""

ListDevices = Callable[[], Sequence[DeviceInfo]]


def _list_anew() -> Sequence[DeviceInfo]:
    return list_devices(refresh=True)


class _Courier(QObject):
    """Carries what a thread found to the window's thread."""

    delivered = Signal(object)


class DeviceBox(QWidget):
    """The microphones by name, and a button that looks for them again.

    Nothing is listed before `refresh` is called.

    Parameters
    ----------
    parent
        The window.
    list_devices
        Returns the microphones, or raises `RecognizerError`; called in a thread of its own.
    """

    chosen = Signal(object)
    """What the user chose: `DeviceInfo.full_name`, or None for the system's default."""
    trouble = Signal(str)
    """Why the microphones could not be listed."""
    listed = Signal(list)
    """The `DeviceInfo` of every microphone, after each listing that succeeded."""

    def __init__(
        self, parent: QWidget | None = None, *, list_devices: ListDevices = _list_anew
    ) -> None:
        super().__init__(parent)
        self._list_devices = list_devices
        self._devices: list[DeviceInfo] = []
        self._wanted: str | None = None
        self._entries: list[tuple[str, str | None, str]] = []

        self._box = Choice(self)
        self._box.setAccessibleName("Microphone")
        self._box.setToolTip("The microphone to listen to")
        self._box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._box.setMinimumContentsLength(_SHORTEST_NAME)
        self._box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._box.activated.connect(self._choose)
        self._button = QPushButton("Refresh", self)
        self._button.setAccessibleName("Refresh the list of microphones")
        self._button.setToolTip(
            "Look for microphones again; one plugged in just now is found while not listening"
        )
        self._button.clicked.connect(self.refresh)

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box, 1)
        row.addWidget(self._button)
        self.setFocusProxy(self._box)
        self._fill()

    @property
    def selected(self) -> str | None:
        """The full name of the microphone, or None for the system's default."""
        return self._wanted

    @property
    def is_listing(self) -> bool:
        """Whether microphones are being listed."""
        return not self._button.isEnabled()

    def refresh(self) -> None:
        """List the microphones in a thread; does nothing while that is going on."""
        if self.is_listing:
            return
        self._button.setEnabled(False)
        # Not the box itself: a box that is deleted meanwhile must not be touched by the thread,
        # nor be deleted by it. The application owns the courier, and deletes it in its thread.
        courier = _Courier(QCoreApplication.instance())
        courier.delivered.connect(self._take, Qt.ConnectionType.QueuedConnection)
        threading.Thread(
            target=_list_in_thread,
            args=(self._list_devices, courier),
            name="List microphones",
            daemon=True,
        ).start()

    def select(self, name: str | None) -> None:
        """Select a microphone without telling anybody.

        Parameters
        ----------
        name
            Its full name, or its name where no other has the same; it stays selected while it
            is not there. None is the system's default.
        """
        self._wanted = name
        self._fill()

    def open_list(self) -> None:
        """Let the user choose now."""
        self._box.setFocus()
        self._box.showPopup()

    def set_theme(self, theme: Theme) -> None:
        """Do nothing: the palette has every colour."""

    def _take(self, outcome: object) -> None:
        self._button.setEnabled(True)
        if isinstance(outcome, RecognizerError):
            self.trouble.emit(str(outcome))
        elif isinstance(outcome, Exception):
            raise outcome
        elif isinstance(outcome, list):
            self._devices = outcome
            self._fill()
            self.listed.emit(outcome)

    def _fill(self) -> None:
        times = Counter(device.name for device in self._devices)
        for device in self._devices:
            if self._wanted == device.name and times[device.name] == 1:
                self._wanted = device.full_name
        default = next((device.name for device in self._devices if device.is_default), None)
        entries: list[tuple[str, str | None, str]] = [
            (
                DEFAULT_TEXT,
                None,
                "Whatever the system records from" + (f": {default}" if default else ""),
            )
        ]
        for device in self._devices:
            text = device.name if times[device.name] == 1 else device.full_name
            entries.append((text, device.full_name, device.full_name))
        if all(name != self._wanted for _, name, _ in entries):
            text = f"{self._wanted} (not connected)"
            entries.append((text, self._wanted, text))
        with QSignalBlocker(self._box):
            if entries != self._entries:
                self._entries = entries
                self._box.clear()
                for text, name, tip in entries:
                    self._box.addItem(text, name)
                    self._box.setItemData(self._box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            self._box.setCurrentIndex([name for _, name, _ in entries].index(self._wanted))

    def _choose(self, index: int) -> None:
        name = self._entries[index][1]
        if name != self._wanted:
            self._wanted = name
            self._fill()
            self.chosen.emit(name)


def _list_in_thread(list_devices: ListDevices, courier: _Courier) -> None:
    outcome: object
    try:
        outcome = list(list_devices())
    except Exception as error:  # noqa: BLE001 - told, or raised again, in the window's thread
        outcome = error
    # The application, and the courier with it, is gone when the program has ended meanwhile.
    with contextlib.suppress(RuntimeError):
        courier.delivered.emit(outcome)
        courier.deleteLater()
