import io
import json
from pathlib import Path

import pytest
import soundfile

from recognizer.archive.one_file import FileTask, Heard, Recipe, checksum_of, recognize_file
from recognizer.archive.run import Run, progress_text, tagged_line
from recognizer.archive.work import Fate
from recognizer.audio_file import AudioFile
from recognizer.errors import ModelError
from recognizer.events import Detection, Rejection
from recognizer.level_meter import StatusLine
from recognizer.printer import Printer, plain_line
from recognizer.recognizer import Recognizer
from tests.model_fixture import tiny_model
from tests.recognizer.command_line import seven_model, sound

WORD = Detection("seven", 0.98, 3.41, 3.9, 4.05)
REFUSED = Rejection("unknown", "six", 0.5, 5.0, 5.5, 6.5)


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    return seven_model(tmp_path_factory.mktemp("model") / "seven.tflite")


@pytest.fixture(scope="module")
def wav(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "words.wav"
    soundfile.write(path, sound(3), 16_000)
    return str(path)


def task(path, model, threshold=0.6):
    return FileTask(str(path), Recipe(model, checksum_of(model), threshold))


class TestLines:
    def test_plain(self):
        assert tagged_line("a b.wav", WORD) == "a b.wav\t    3.41  seven   98 %"

    @pytest.mark.parametrize(
        "name", ["a.wav", "ü\t.wav", "line\nbreak", "back\\slash", "\x1b[2J", "q'\"", "\udcff.wav"]
    )
    def test_a_name_is_one_column_and_can_be_had_back(self, name):
        head, _, rest = tagged_line(name, WORD).partition("\t")
        assert rest == plain_line(WORD)
        assert not any(character < " " for character in head)
        if head != name:
            assert head.encode("ascii").decode("unicode_escape") == name
        assert json.loads(tagged_line(name, WORD, as_json=True))["file"] == name

    def test_json_has_the_file_first(self):
        values = json.loads(tagged_line("a.wav", REFUSED, as_json=True))
        assert list(values) == ["file", "label", "confidence", "start", "end", "time", "rejected"]

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ((0, 40, 0, 0.0, 0.0), "[" + "." * 30 + "] 0 of 40 files"),
            ((20, 40, 2, 1812.3, 3.2), "[" + "#" * 15 + "." * 15 + "] 20 of 40 files, 2 bad, "
             "1,812 x real time, 0:03 left"),
            ((40, 40, 0, 5.0, 0.0), "[" + "#" * 30 + "] 40 of 40 files, 5 x real time, 0:00 left"),
        ],
    )  # fmt: skip
    def test_progress(self, arguments, text):
        assert progress_text(*arguments) == text


class TestOneFile:
    def test_words_are_the_recognizer_s(self, seven, wav):
        recognizer = Recognizer(seven, threshold=0.6)
        events = [event for block in AudioFile(wav) for event in recognizer.process(block)]
        seconds = recognizer.time
        events += recognizer.finish()
        words = tuple(event for event in events if isinstance(event, Detection | Rejection))
        heard = recognize_file(task(wav, seven))
        assert heard == Heard(words, seconds)
        assert len(words) == 3
        assert recognize_file(task(wav, seven)) == heard

    def test_a_threshold_of_its_own(self, seven, wav):
        words = recognize_file(task(wav, seven, 1.0)).words
        assert [word.reason for word in words] == ["low confidence"] * 3
        assert len(recognize_file(task(wav, seven)).words) == 3

    def test_a_bad_file_disturbs_no_other(self, seven, wav, tmp_path):
        whole = recognize_file(task(wav, seven))
        (tmp_path / "cut.wav").write_bytes(Path(wav).read_bytes()[:60_000])
        cut = recognize_file(task(tmp_path / "cut.wav", seven))
        assert "is cut off" in str(cut.trouble)
        assert 1.8 < cut.seconds < 1.9
        assert cut.words == whole.words[:1]
        nothing = recognize_file(task(tmp_path / "none.wav", seven))
        assert nothing == Heard((), 0.0, f"There is no file '{tmp_path / 'none.wav'}'.")
        assert recognize_file(task(wav, seven)) == whole

    def test_what_should_not_happen_stops_nothing_either(self, seven, wav, monkeypatch):
        whole = recognize_file(task(wav, seven))

        blocks = AudioFile.__iter__

        def fail(self):
            yield from blocks(self)
            raise ZeroDivisionError("by\nzero")

        monkeypatch.setattr(AudioFile, "__iter__", fail)
        heard = recognize_file(task(wav, seven))
        monkeypatch.undo()
        assert heard.words == ()
        assert heard.trouble == (
            f"'{wav}' fails inside this program (ZeroDivisionError: by zero); please report it."
        )
        assert recognize_file(task(wav, seven)) == whole

    def test_a_model_that_changed_is_refused(self, wav, tmp_path):
        path = str(tiny_model(tmp_path / "model.tflite"))
        before = task(wav, path)
        tiny_model(path, threshold=0.7)
        with pytest.raises(ModelError, match=r"model\.tflite is not the same any more"):
            recognize_file(before)

    def test_a_missing_model_is_one_sentence(self, tmp_path):
        with pytest.raises(ModelError, match=r"none\.tflite cannot be read: no such file"):
            checksum_of(tmp_path / "none.tflite")


class Done:
    def __init__(self, value):
        self.value = value

    def result(self):
        return self.value


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(heard, *, order, monkeypatch, status=None, journal=None, **options):
    """A run whose files are recognized in an order; gives its result and what it printed."""
    names = list(heard)

    def in_order(workers, function, items, *, tick):
        paths = [item.path for item in items]
        for name in order:
            tick()
            if name in paths:
                yield paths.index(name), heard[name]

    monkeypatch.setattr("recognizer.archive.run.results", in_order)
    output = io.StringIO()
    made = Run(
        names,
        Recipe(None, "abc", 0.6),
        ("silence", "unknown", "six", "seven"),
        printer=Printer(output),
        status_line=StatusLine(status or io.StringIO()),
        **options,
    )
    return made(Workers(), journal), output.getvalue().splitlines()


class Workers:
    tries = 3
    fate = Fate.DONE


HEARD = {
    "a": Heard((WORD, REFUSED), 10.0),
    "b": Heard((), 10.0),
    "c": Heard((WORD, WORD), 10.0, "'c' is cut off."),
    "d": Heard((), 0.0, "There is no file 'd'."),
    "e": Heard((WORD,), 10.0),
}


class TestRun:
    @pytest.mark.parametrize("order", ["abcde", "edcba", "cebda"])
    def test_lines_come_in_the_order_of_the_files(self, order, monkeypatch):
        status = io.StringIO()
        bad, lines = run(HEARD, order=order, monkeypatch=monkeypatch, status=status)
        assert bad == 2
        assert [line.split("\t")[0] for line in lines] == ["a", "c", "c", "e"]
        assert status.getvalue().splitlines() == [
            "recognizer: 'c' is cut off.",
            "recognizer: There is no file 'd'.",
        ]

    def test_columns_are_those_of_one_file(self, monkeypatch):
        _, lines = run(HEARD, order="abcde", monkeypatch=monkeypatch, show_rejections=True)
        assert lines[:2] == ["a\t" + plain_line(WORD, 7), "a\t" + plain_line(REFUSED, 7)]
        _, lines = run(HEARD, order="abcde", monkeypatch=monkeypatch)
        assert lines[0] == "a\t" + plain_line(WORD, 5)

    def test_a_line_comes_as_soon_as_its_turn(self, monkeypatch):
        printed = []
        monkeypatch.setattr(Printer, "write_line", lambda _, line: printed.append(line[0]))
        seen = []
        monkeypatch.setattr(Run, "_tick", lambda _: seen.append("".join(printed)))
        run(HEARD, order="caebd", monkeypatch=monkeypatch)
        assert seen == ["", "", "a", "a", "acc"]

    def test_a_file_that_kills_is_told_of(self, monkeypatch):
        status = io.StringIO()
        bad, _ = run(
            {"a": HEARD["a"], "b": None}, order="ab", monkeypatch=monkeypatch, status=status
        )
        assert bad == 1
        assert status.getvalue().startswith(
            "recognizer: 'b' is left out: the process that read it was killed 3 times, by what"
        )

    def test_verbose_names_each_file(self, monkeypatch):
        status = io.StringIO()
        run(HEARD, order="bacde", monkeypatch=monkeypatch, status=status, verbose=True)
        assert status.getvalue().splitlines()[:3] == [
            "recognizer: 'a', 10.0 s of sound: 1 word.",
            "recognizer: 'b', 10.0 s of sound: 0 words.",
            "recognizer: 'e', 10.0 s of sound: 1 word.",
        ]

    def test_a_terminal_shows_how_far_it_is_and_is_left_clean(self, monkeypatch):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr("recognizer.level_meter.REDRAW_S", -1.0)
        status = Terminal()
        run(HEARD, order="abcde", monkeypatch=monkeypatch, status=status)
        shown = status.getvalue().split("\r")
        assert "[" + "." * 30 + "] 0 of 5 files" in [part.rstrip() for part in shown]
        assert any(part.startswith("[######") and "1 of 5 files, " in part for part in shown)
        assert any(", 2 bad, " in part for part in shown)
        assert not any("level" in part for part in shown)
        assert "5 of 5" not in shown[-1]
        assert shown[-1].startswith("recognizer: 'c' is cut off.\n")

    def test_no_terminal_shows_nothing(self, monkeypatch):
        status = io.StringIO()
        run({"a": HEARD["a"]}, order="a", monkeypatch=monkeypatch, status=status)
        assert status.getvalue() == ""
