"""Two of the program at once."""

import json
import subprocess
import sys

from tests.recognizer.command_line import WAIT_S, environment
from tests.recognizer.faults.listening import BURST
from tests.recognizer.faults.programs import Program

SAVE = """
import sys
from pathlib import Path
from recognizer.window.settings import Settings, save_settings
path, threshold = Path(sys.argv[1]), float(sys.argv[2])
sys.stdin.readline()
for _ in range(200):
    save_settings(path, Settings(threshold=threshold))
"""


def test_real_both_hear_and_neither_minds_the_other_s_end(virtual_microphone, seven):
    variables = virtual_microphone.variables
    with (
        Program("--model", seven, variables=variables) as one,
        Program("--model", seven, variables=variables) as other,
    ):
        for program in (one, other):
            program.sentence("Listening to")
        virtual_microphone.play(BURST)
        assert one.word()["label"] == other.word()["label"] == "seven"
        assert one.end() == 0
        virtual_microphone.play(BURST)
        assert other.word()["label"] == "seven"
        assert other.end() == 0
        assert one.more_words() == other.more_words() == []


def test_settings_are_always_those_of_one_of_them(tmp_path):
    path = tmp_path / "settings.json"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", SAVE, str(path), threshold],
            stdin=subprocess.PIPE,
            env=environment(),
        )
        for threshold in ("0.25", "0.75")
    ]
    try:
        for writer in writers:
            writer.stdin.write(b"go\n")
            writer.stdin.close()
        seen = set()
        while any(writer.poll() is None for writer in writers):
            if path.exists():
                seen.add(json.loads(path.read_text())["threshold"])
        for writer in writers:
            assert writer.wait(WAIT_S) == 0
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert seen <= {0.25, 0.75}
    assert json.loads(path.read_text())["threshold"] in (0.25, 0.75)
    # Nothing half-written stays behind.
    assert list(tmp_path.iterdir()) == [path]
