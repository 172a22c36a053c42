"""The Teach dialog: from the words to the model that knows them.

Three pages: what is to be recorded, the recording, and what to do with it. The dialog owns no
recognition: a `TeachSession` records in a thread of its own, and a timer asks what happened.
"""

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from recognizer.errors import RecognizerError
from recognizer.takes.events import Finished
from recognizer.takes.folder import TakeFolder
from recognizer.takes.guide import SHORTEST_NOISE_S, Guide
from recognizer.takes.order import Order
from recognizer.takes.sitting import Kept, NotKept, Sitting
from recognizer.window.inbox import Ended, Notice, Opened
from recognizer.window.player import Player
from recognizer.window.runner import FRAME_MS
from recognizer.window.sources import microphone_source
from recognizer.window.teach_done import DonePage
from recognizer.window.teach_loan import MicrophoneLoan
from recognizer.window.teach_recording import RecordingPage
from recognizer.window.teach_session import Command, Message, TeachSession
from recognizer.window.teach_setup import Plan, SetupPage
from recognizer.window.theme import Theme
from recognizer.window.trouble_bar import TroubleBar

TITLE = "Teach my own words"


class TeachDialog(QDialog):
    """Records one's own words, and trains the model with them.

    Parameters
    ----------
    parent
        The window.
    loan
        Gives the microphone.
    device, channel
        Which one; see `recognizer.microphone.Microphone`.
    folder
        Where takes went last time.
    theme
        The colours.
    """

    folder_chosen = Signal(Path)
    """Where takes go from now on."""
    model_wanted = Signal(Path)
    """The user wants the window to use this model."""
    unexpected = Signal(object)
    """An exception that only a bug can cause."""

    def __init__(
        self,
        parent: QWidget | None,
        loan: MicrophoneLoan,
        *,
        device: int | str | None,
        channel: int | None,
        folder: Path,
        theme: Theme,
    ) -> None:
        super().__init__(parent)
        self._loan = loan
        loan.setParent(self)
        self._device, self._channel = device, channel
        self._plan: Plan | None = None
        self._session: TeachSession | None = None
        self._last: Kept | None = None
        self._unkept = ""
        self._missing = 0
        self.setWindowTitle(TITLE)
        self.trouble = TroubleBar(self)
        self.player = Player(lambda text: self.trouble.show_trouble("player", text), self)
        name = "The system's default" if device is None else str(device)
        self.setup = SetupPage(folder, name, self)
        self.recording = RecordingPage(self)
        self.done_page = DonePage(self)
        self.pages = QStackedWidget(self)
        for page in (self.setup, self.recording, self.done_page):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.addWidget(self.trouble)
        column.addWidget(self.pages, 1)
        em = self.fontMetrics().height()
        room = self.screen().availableGeometry()
        self.resize(min(46 * em, room.width() * 9 // 10), min(34 * em, room.height() * 8 // 10))
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._look)
        self._connect()
        self.set_theme(theme)

    def _connect(self) -> None:
        page = self.recording
        self.setup.start_requested.connect(self.record)
        page.go_requested.connect(self._go)
        page.pause_requested.connect(lambda: self._do(lambda sitting: sitting.guide.pause()))
        page.redo_requested.connect(self._redo)
        page.play_requested.connect(self._play)
        page.skip_requested.connect(lambda: self._do(Sitting.skip))
        page.end_requested.connect(self._stop)
        page.ask_changed.connect(self._set_ask)
        self.setup.close_requested.connect(self.reject)
        self.done_page.close_requested.connect(self.reject)
        self.done_page.more_wanted.connect(self._show_setup)
        self.done_page.model_wanted.connect(self._use_model)

    @property
    def is_recording(self) -> bool:
        """Whether a recording is going on."""
        return self._session is not None

    def record(self) -> None:
        """Begin to record what the first page asks for."""
        self.trouble.dismiss("setup")
        try:
            plan = self.setup.plan()
            folder = TakeFolder(plan.folder, plan.speaker)
            folder.prepare()
            counts = folder.counts(plan.words)
            noise_s = max(0.0, plan.noise_s - folder.noise_s())
        except RecognizerError as error:
            self.trouble.show_trouble("setup", str(error))
            return
        self._plan = plan
        self.folder_chosen.emit(plan.folder)
        if noise_s < SHORTEST_NOISE_S:
            noise_s = 0.0
        order = Order(plan.words, plan.takes, done=counts)
        self._missing = order.missing
        if not order.missing and not noise_s:
            self._show_done()
            return
        guide = Guide(order, noise_s=noise_s, ask_first=True, ask=self.recording.asks)
        self._last, self._unkept = None, ""
        self.recording.begin(plan, counts, noise_s)
        self.pages.setCurrentWidget(self.recording)
        self.recording.setFocus()
        self._loan.borrow(lambda: self._begin(Sitting(guide, folder)))

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        for part in (self.trouble, self.recording):
            part.set_theme(theme)

    def done(self, result: int) -> None:
        """Close: end the recording and the training; all takes stay."""
        self._timer.stop()
        if self._session is not None:
            self._session.stop()
            self._session = None
        self.player.close()
        self.done_page.close_training()
        window = self.parentWidget()
        # A window that closes hides first, and wants no microphone any more.
        if window is None or window.isVisible():
            self._loan.give_back()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Leave Escape to the dialog, except while a training would end with it."""
        if event.key() == Qt.Key.Key_Escape and self.done_page.is_training:
            return
        super().keyPressEvent(event)

    def _begin(self, sitting: Sitting) -> None:
        source = microphone_source(self._device, self._channel)
        self._session = TeachSession(source, sitting).start()
        self._timer.start()

    def _look(self) -> None:
        if self._session is None:
            return
        seen, messages = self._session.take()
        for message in messages:
            self._tell(message)
        if seen is not None and self._plan is not None and self._session is not None:
            wanted = self._plan.takes
            self._missing = sum(max(0, wanted - count) for count in seen.counts.values())
            self.recording.look(seen)

    def _tell(self, message: Message) -> None:
        match message:
            case Opened():
                self.trouble.dismiss("microphone")
            case Notice():
                self.trouble.show_trouble("notice", message.sentence, severity="notice")
            case NotKept():
                self._unkept = message.sentence
                self.trouble.show_trouble(
                    "folder", message.sentence, buttons=[("Try again", self._go)]
                )
            case Ended():
                self._end(message.error)
            case Finished():
                self._stop()
            case Kept():
                self._unkept = ""
                self.trouble.dismiss("folder")
                if message.take is not None:
                    self._last = message
                self.recording.tell(message)
            case _:
                self.recording.tell(message)

    def _end(self, error: Exception | None) -> None:
        self._session = None
        self._timer.stop()
        self.player.stop()
        self._loan.give_back()
        self.trouble.dismiss("notice")
        if self._unkept:
            # There is nothing left to try.
            self.trouble.show_trouble("folder", self._unkept)
        if error is None:
            self._show_done()
            return
        self._show_setup()
        if isinstance(error, RecognizerError):
            self.trouble.show_trouble(
                "microphone", str(error), buttons=[("Try again", self.record)]
            )
        else:
            self.unexpected.emit(error)

    def _stop(self) -> None:
        if self._session is not None:
            self._session.ask_to_stop()

    def _do(self, command: Command) -> None:
        if self._session is not None:
            self._session.do(command)

    def _go(self) -> None:
        self.player.stop()
        self.trouble.dismiss("folder")
        self._do(Sitting.go)

    def _redo(self) -> None:
        self.player.stop()
        self._last = None
        self.recording.forget_take()
        self._do(Sitting.redo)

    def _play(self) -> None:
        if self._last is not None and self._last.take is not None:
            # Or the microphone would hear it.
            self._do(lambda sitting: sitting.guide.pause())
            self.player.play(self._last.take.samples)

    def _set_ask(self, ask: bool) -> None:
        def command(sitting: Sitting) -> None:
            sitting.guide.ask = ask

        self._do(command)

    def _show_setup(self) -> None:
        self.pages.setCurrentWidget(self.setup)
        self.setup.setFocus()

    def _show_done(self) -> None:
        assert self._plan is not None
        total = len(self._plan.words) * self._plan.takes
        self.done_page.begin(self._plan.folder, self._missing, total)
        self.pages.setCurrentWidget(self.done_page)

    def _use_model(self, path: Path) -> None:
        self.model_wanted.emit(path)
        self.accept()
