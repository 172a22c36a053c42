"""``train record``: in a terminal, without one, and at a microphone without hardware."""

import contextlib
import io
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from recognizer import playback
from recognizer.errors import DeviceError
from recognizer.level_meter import StatusLine
from recognizer.log_mel import FrontendParameters
from recognizer.takes.folder import TakeError, TakeFolder
from recognizer.takes.guide import Guide
from recognizer.takes.order import Order
from recognizer.takes.sitting import Sitting
from tests.recognizer.command_line import WAIT_S
from tests.recognizer.faults.programs import heed_signals
from tests.recognizer.made_sounds import RATE, noise, vowel
from train.cli import main
from train.corpora import load_folder, read_audio
from train.live_windows import cut_windows
from train.record import HELP, Course
from train.record_keys import Keys
from train.record_letters import large

ROOT = Path(__file__).parents[2]
SAY = "Say it now: "
NOBODY = np.zeros(0)


class FakeMicrophone:
    """A microphone in whose room somebody says what the screen asks for."""

    name = "made"

    def __init__(self, screen, says=lambda word: vowel(0.35, -25.0)):
        self.screen = screen
        self.says = says
        self.room = noise(8.0, -65.0)

    def __iter__(self):
        coming, read = NOBODY, 0
        for block in range(200 * 25):
            at = block * 640 % (len(self.room) - 640)
            samples = self.room[at : at + 640].copy()
            part, coming = coming[:640], coming[640:]
            samples[: len(part)] += part
            yield samples.astype(np.float32)
            lines, read = self.screen.getvalue()[read:].splitlines(), len(self.screen.getvalue())
            for line in lines:
                if line.startswith(SAY):
                    coming = np.concatenate((np.zeros(RATE // 2), self.says(line[len(SAY) :])))
        raise AssertionError(f"it never ended: {self.screen.getvalue()[-500:]}")

    def take_lost(self):
        return 0

    def close(self):
        pass


class FakeKeys:
    """A keyboard on which a script answers what the screen says, or presses after some blocks."""

    def __init__(self, screen, script=None):
        self.screen = screen
        self.script = list(script or ())
        self.are_there = script is not None
        self._at = self._reads = 0

    def read(self):
        self._reads += 1
        new = self.screen.getvalue()[self._at :]
        when = self.script[0][0] if self.script else None
        if self._reads > when if isinstance(when, int) else when is not None and when in new:
            self._at, self._reads = len(self.screen.getvalue()), 0
            return [self.script.pop(0)[1]]
        return []


class Loudspeaker:
    """Notes what is played."""

    def __init__(self, on_trouble):
        self.on_trouble = on_trouble
        played.append(self)
        self.sounds = []

    def play(self, samples):
        self.sounds.append(samples)

    def stop(self):
        pass

    def close(self):
        pass


played: list[Loudspeaker] = []


@pytest.fixture(autouse=True)
def no_sound(monkeypatch):
    played.clear()
    monkeypatch.setattr("train.record.Loudspeaker", Loudspeaker)


def course(folder, script=None, *, takes=1, noise_s=0.0, says=None, screen=None):
    """Run one sitting; return its screen."""
    words = ("yes", "no")
    screen = screen or io.StringIO()
    keys = FakeKeys(screen, script)
    kept = TakeFolder(folder)
    order = Order(words, takes, done=kept.counts(words))
    guide = Guide(order, noise_s=noise_s, ask_first=keys.are_there, ask=keys.are_there)
    one = Course(Sitting(guide, kept), StatusLine(screen), keys)
    one.introduce("made")
    microphone = FakeMicrophone(screen) if says is None else FakeMicrophone(screen, says)
    one.run(microphone)
    return screen.getvalue()


def files(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_without_a_keyboard_takes_are_kept_by_themselves(tmp_path):
    said = course(tmp_path, takes=2, noise_s=3.0)
    assert files(tmp_path) == [
        "_background_noise_/mine_1.wav",
        *("no/mine_1.wav", "no/mine_2.wav", "yes/mine_1.wav", "yes/mine_2.wav"),
    ]
    assert said.count("Good: ") == 4
    assert HELP not in said
    assert "yes: take 2 of 2" in said
    clips = load_folder(tmp_path)
    assert {clip.speaker for clip in clips} == {"mine"}


def test_with_a_keyboard_each_take_can_be_looked_at(tmp_path):
    script = [
        ("Enter begins", "enter"),
        (HELP, "p"),
        (10, "r"),
        (HELP, "enter"),
        (HELP, "enter"),
    ]
    said = course(tmp_path, script)
    assert "/mine_1.wav is removed" in said
    assert said.count("Good: ") == 3
    assert files(tmp_path) == ["no/mine_1.wav", "yes/mine_1.wav"]
    assert len(played[0].sounds) == 1


def test_a_word_can_be_left_out_and_the_rest_be_said_another_time(tmp_path):
    said = course(tmp_path, [("Enter begins", "enter"), (SAY, "s"), (HELP, "q")], takes=2)
    assert said.count("Good: ") == 1
    assert len(files(tmp_path)) == 1
    again = course(tmp_path, [("Enter begins", "enter"), *[(HELP, "enter")] * 3], takes=2)
    assert "1 of 4 are there" in again
    assert again.count("Good: ") == 3
    assert len(files(tmp_path)) == 4


def test_a_pause_lasts_until_a_key(tmp_path):
    script = [("Enter begins", "enter"), (SAY, "space"), ("Paused", "enter")]
    said = course(tmp_path, [*script, (HELP, "enter"), (HELP, "enter")])
    assert "Paused. Enter goes on." in said
    assert len(files(tmp_path)) == 2


def test_the_room_can_be_cut_short(tmp_path):
    said = course(tmp_path, [(100, "s"), ("Enter begins", "q")], noise_s=60.0)
    assert "First the room, for 60 s" in said
    assert files(tmp_path) == ["_background_noise_/mine_1.wav"]
    assert TakeFolder(tmp_path).noise_s() == pytest.approx(3.5, abs=0.1)


def test_what_is_refused_comes_again_with_its_reason(tmp_path):
    times = []

    def says(word):
        times.append(word)
        return vowel(1.5, -25.0) if len(times) == 1 else vowel(0.35, -25.0)

    said = course(tmp_path, says=says)
    assert "Once more: That was too long for one word" in said
    assert times[0] == times[1]
    assert len(files(tmp_path)) == 2


def test_nobody_there_and_no_keyboard_is_one_sentence(tmp_path):
    with pytest.raises(TakeError, match="Nothing was heard three times in a row"):
        course(tmp_path, says=lambda word: NOBODY)


def test_nobody_there_is_waited_for_where_there_is_a_keyboard(tmp_path):
    script = [("Enter begins", "enter"), ("Nothing was heard three times", "q")]
    assert "right microphone" in course(tmp_path, script, says=lambda word: NOBODY)


def test_a_full_disk_is_one_sentence_and_the_takes_before_stay(tmp_path, monkeypatch):
    course(tmp_path, [("Enter begins", "enter"), (HELP, "q")])
    before = files(tmp_path)
    assert len(before) == 1

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    screen = io.StringIO()
    with pytest.raises(TakeError, match="make room there"):
        course(tmp_path, screen=screen)
    assert files(tmp_path) == before
    # Whoever catches it says it once.
    assert "make room" not in screen.getvalue()


def test_a_signal_in_the_room_keeps_what_was_heard_of_it(tmp_path):
    screen = io.StringIO()
    folder = TakeFolder(tmp_path)
    sitting = Sitting(Guide(Order(("yes",), 1, done={}), noise_s=60.0), folder)
    checks = iter(range(100))

    def check():
        if next(checks) == 99:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Course(sitting, StatusLine(screen), FakeKeys(screen), check=check).run(
            FakeMicrophone(screen)
        )
    assert folder.noise_s() == pytest.approx(3.5, abs=0.1)
    assert "The room is kept" in screen.getvalue()


def test_what_befalls_the_microphone_is_said(tmp_path):
    screen = io.StringIO()
    sitting = Sitting(Guide(Order(("yes",), 1, done={})), TakeFolder(tmp_path))
    Course(sitting, StatusLine(screen), FakeKeys(screen)).mind("The microphone 'usb' is back.")
    assert screen.getvalue() == "The microphone 'usb' is back.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--takes", "3"], "--words"),
        (["--words", "a/b"], "no folder can be named like that"),
        (["--words", ".."], "no folder can be named like that"),
        (["--words", "yes", "unknown"], "every model has it"),
        (["--words", "yes", "--takes", "0"], "must be 1 or more"),
        (["--words", "yes", "--takes", "2000"], "must be 1000 or less"),
        (["--words", "yes", "--noise", "1"], "must be 0, or from 2 to 600"),
        (["--words", "yes", "--noise", "nan"], "must be 0, or from 2 to 600"),
        (["--words", "yes", "--noise", "much"], "much"),
        (["--words", "yes", "--speaker", "a/b"], "speaker"),
        (["--words", "yes", "--channel", "0"], "must be 1 or more"),
    ],
)
def test_a_wrong_command_line_is_status_2(capsys, tmp_path, arguments, says):
    with pytest.raises(SystemExit) as caught:
        main(["record", "--out", str(tmp_path / "out"), *arguments])
    assert caught.value.code == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_no_microphone_is_one_sentence(capsys, tmp_path, monkeypatch):
    def open_it(self):
        raise DeviceError("There is no microphone: plug one in.")

    monkeypatch.setattr("recognizer.microphone.Microphone.open", open_it)
    assert main(["record", "--words", "yes", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert said.err == "recognizer-train: There is no microphone: plug one in.\n"
    assert said.out == ""
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert main(["record", "--words", "yes", "--out", str(tmp_path / "file")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("recognizer-train: Takes cannot be kept in ")
    assert said.count("\n") == 1


def test_nothing_left_to_say_needs_no_microphone(capsys, tmp_path, monkeypatch):
    folder = TakeFolder(tmp_path / "my words")
    for word in ("yes", "no"):
        folder.save(word, np.full(RATE, 0.1, np.float32))
    monkeypatch.setattr("recognizer.microphone.Microphone.open", None)
    options = ["--words", "yes", "no", "--takes", "1", "--noise", "0"]
    assert main(["record", *options, "--out", str(folder.folder)]) == 0
    said = capsys.readouterr()
    assert said.out == (f"yes\t1\t{folder.folder / 'yes'}\nno\t1\t{folder.folder / 'no'}\n")
    assert f"fit words --data '{folder.folder}' --from digits" in said.err


def test_keys_come_one_by_one_and_the_terminal_is_as_before():
    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as stream, Keys(stream) as keys:
        assert keys.are_there
        assert keys.read() == []
        for typed, expected in (
            (b"p", ["p"]),
            (b"R\n", ["r", "enter"]),
            (b" ", ["space"]),
            (b"\x1b[A", []),
            ("ß".encode(), ["ß"]),
            (b"\x04", ["q"]),
        ):
            os.write(master, typed)
            assert keys.read() == expected
        os.close(master)
        assert keys.read() == ["q"]
    with Keys(io.StringIO("q")) as keys:
        assert not keys.are_there
        assert keys.read() == []
    assert not Keys(None).are_there


def test_the_terminal_is_restored():
    import termios

    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as stream:
        before = termios.tcgetattr(slave)
        with contextlib.suppress(KeyboardInterrupt), Keys(stream):
            assert termios.tcgetattr(slave) != before
            raise KeyboardInterrupt
        assert termios.tcgetattr(slave) == before
    os.close(master)


def test_a_word_is_drawn_as_large_as_there_is_room():
    assert large("no", 80).count("\n") == 4
    assert max(map(len, large("turn left", 80).splitlines())) < 80
    assert large("extraordinary", 40) == "e x t r a o r d i n a r y"
    assert large("extraordinary", 20) == "extraordinary"
    assert large("größe", 80) == "größe"
    for letter in "abcdefghijklmnopqrstuvwxyz0123456789 -'":
        rows = large(f"|{letter}|".strip("|"), 80).split("\n")
        assert len(rows) == 5


def espeak(word, **options):
    """A word said by espeak-ng, at 16 kHz."""
    if shutil.which("espeak-ng") is None:
        reason = "no espeak-ng: apt-get install espeak-ng"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    wav = subprocess.run(
        ["espeak-ng", "-v", "en", "--stdout", word], stdout=subprocess.PIPE, check=True
    ).stdout
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    return 0.5 * soxr.resample(samples, rate, RATE)


@contextlib.contextmanager
def started(microphone, out, *more, stderr=subprocess.PIPE):
    """The program, whose own standard input is closed."""
    with subprocess.Popen(
        [sys.executable, "-m", "train", "record", "--out", str(out), *more],
        cwd=ROOT,
        env={**microphone.environment, "PYTHONUNBUFFERED": "1", "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        preexec_fn=heed_signals,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def test_real_words_said_into_a_microphone_are_found_on_disk_cut_right(
    virtual_microphone, tmp_path
):
    words = {word: espeak(word) for word in ("yes", "maybe")}
    out = tmp_path / "mine"
    # Longer than it takes on any machine.
    room = np.tile(noise(40.0, -62.0).astype(np.float32), 7)
    said = []
    options = ("--words", *words, "--takes", "1", "--noise", "2")
    with (
        started(virtual_microphone, out, *options) as program,
        virtual_microphone.playing(room),
    ):
        for line in program.stderr:
            said.append(line)
            if line.startswith(SAY):
                virtual_microphone.play(words[line[len(SAY) :].strip()])
        printed = program.stdout.read()
        status = program.wait(WAIT_S)
    assert status == 0, said
    assert files(out) == [
        "_background_noise_/mine_1.wav",
        *("maybe/mine_1.wav", "yes/mine_1.wav"),
    ]
    assert printed.splitlines() == [f"{word}\t1\t{out / word}" for word in words]
    assert len(read_audio(out / "_background_noise_" / "mine_1.wav")) == 2 * RATE
    for word, played_samples in words.items():
        take = read_audio(out / word / "mine_1.wav")
        loud = np.flatnonzero(np.abs(played_samples) > 0.02)
        # Where in the take the word that was played lies, by its own waveform.
        spoken = played_samples[loud[0] : loud[-1] + 1]
        at = int(np.argmax(np.correlate(take, spoken, "valid")))
        np.testing.assert_allclose(take[at : at + len(spoken)], spoken, atol=0.02)
        before_s, after_s = at / RATE, (len(take) - at - len(spoken)) / RATE
        assert 0.2 < before_s < 0.75, word
        assert 0.2 < after_s < 0.75, word
        for silence_s in (0.0, 0.5):
            silence = np.zeros(round(silence_s * RATE), np.float32)
            stream = np.concatenate((silence, take, silence))
            seen = [cut for cut, _, _ in cut_windows(stream, FrontendParameters()) if cut.alone]
            assert seen, word
            middle = (at + len(spoken) / 2) / RATE + silence_s
            assert all(cut.start / 100 < middle < cut.end / 100 for cut in seen), word


def test_real_ctrl_c_keeps_what_there_is(virtual_microphone, tmp_path):
    room = np.tile(noise(40.0, -60.0).astype(np.float32), 7)
    # On a terminal it shows how much of the room's minute is left.
    master, terminal = pty.openpty()
    with (
        started(virtual_microphone, tmp_path, "--words", "yes", stderr=terminal) as program,
        virtual_microphone.playing(room),
    ):
        os.close(terminal)
        said = ""
        while not any(int(left) <= 57 for left in re.findall(r"(\d+) s  level", said)):
            said += os.read(master, 4096).decode()
        program.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):
            while part := os.read(master, 4096).decode():
                said += part
        printed = program.stdout.read()
        status = program.wait(WAIT_S)
    os.close(master)
    assert status == 130, said
    assert printed == ""
    assert said.splitlines()[-1] == "recognizer-train: interrupted; what is finished is kept."
    assert 2.4 < TakeFolder(tmp_path).noise_s() < 60.0


def test_the_player_of_the_terminal_needs_no_window():
    assert playback.Loudspeaker(lambda sentence: None).close()
