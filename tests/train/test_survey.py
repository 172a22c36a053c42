import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizer.log_mel import FrontendParameters
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from tests.made_recordings import RATE, burst
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer
from train.cli import main
from train.errors import DataError
from train.survey import folders
from train.survey.folders import histogram, percentiles, survey, to_json
from train.survey.measure import in_quiet, measure
from train.survey.report import print_surveys
from train.survey.suspects import OTHER, hear
from train.tasks import Tasks

ROOT = Path(__file__).parents[2]


def write(path, samples, rate=RATE, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)
    return path


def problems_of(path, *, is_word=True):
    return list(measure(path, is_word=is_word).problems)


def test_a_good_recording_has_no_problems(tmp_path):
    measured = measure(write(tmp_path / "a.wav", burst(1)), is_word=True)
    assert measured.problems == {}
    assert (measured.seconds, measured.rate, measured.channels) == (pytest.approx(0.9), RATE, 1)


def test_a_word_cut_tight_is_found(tmp_path):
    samples = burst(1, before_s=0, word_s=0.2, after_s=0)
    assert problems_of(write(tmp_path / "a.flac", samples, 8000)) == []


def test_what_cannot_be_read(tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("hello")
    holes = write(tmp_path / "holes.wav", np.array([0.0, np.nan]), subtype="FLOAT")
    for path in (text, holes, tmp_path / "none.wav"):
        assert problems_of(path) == ["unreadable"]
        assert measure(path, is_word=True).seconds == 0
    assert problems_of(write(tmp_path / "empty.wav", np.zeros(0))) == ["empty"]


def test_silence_and_near_silence(tmp_path):
    assert problems_of(write(tmp_path / "a.wav", np.zeros(RATE))) == ["silent"]
    faint = 0.0008 * np.sin(np.arange(RATE))
    assert problems_of(write(tmp_path / "b.wav", faint)) == ["silent"]


def test_a_steady_hiss_holds_no_word(tmp_path):
    hiss = 0.05 * np.random.default_rng(0).standard_normal(2 * RATE)
    assert problems_of(write(tmp_path / "a.wav", hiss)) == ["no word"]
    assert problems_of(tmp_path / "a.wav", is_word=False) == []


def test_clipping_at_the_end_of_the_scale_and_turned_down_afterwards(tmp_path):
    loud = np.clip(30 * burst(1), -1, 1)
    assert "clipped" in problems_of(write(tmp_path / "a.wav", loud))
    assert "clipped" in problems_of(write(tmp_path / "b.wav", 0.5 * loud))
    # A full scale that is only just reached, and coarse steps in a quiet recording.
    just = burst(1) / np.abs(burst(1)).max()
    assert problems_of(write(tmp_path / "c.wav", just)) == []
    coarse = np.round(burst(1) * 20) / 20 * 0.2
    assert "clipped" not in problems_of(write(tmp_path / "d.wav", coarse))


def test_one_clipped_channel_is_enough(tmp_path):
    both = np.stack([burst(1), np.clip(30 * burst(1), -1, 1)], axis=1)
    measured = measure(write(tmp_path / "a.wav", both), is_word=True)
    assert measured.channels == 2
    assert "clipped" in measured.problems


def test_an_offset_is_given_in_percent(tmp_path):
    path = write(tmp_path / "a.wav", burst(1) - 0.02)
    assert measure(path, is_word=True).problems["offset"] == "-2.0 %"
    assert problems_of(write(tmp_path / "b.wav", burst(1) + 0.004)) == []
    # In a loud recording the same offset is nothing.
    loud = burst(1, level=0.2)
    assert problems_of(write(tmp_path / "c.wav", loud + 0.006)) == []


def test_too_short_and_too_long(tmp_path):
    assert problems_of(write(tmp_path / "a.wav", burst(1)[3200:4480])) == ["short"]
    long = np.concatenate((burst(1), 1e-4 * np.random.default_rng(0).standard_normal(6 * RATE)))
    path = write(tmp_path / "b.wav", long)
    assert problems_of(path) == ["long"]
    assert problems_of(path, is_word=False) == []


def test_the_digest_is_of_the_sound_and_not_of_the_file(tmp_path):
    steps = np.round(burst(1) * 32767).astype(np.int16)
    paths = [write(tmp_path / name, steps) for name in ("a.wav", "b.flac")]
    paths += [write(tmp_path / "c.wav", steps, 8000), write(tmp_path / "d.wav", steps[::-1])]
    digests = [measure(path, is_word=True).digest for path in paths]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_percentiles_and_histogram():
    assert percentiles([]) == {}
    assert percentiles([1.0, 2.0, 3.0])[50] == 2.0
    assert histogram([]) == []
    assert histogram([1.0] * 5) == [(1.0, 1.02, 5)]
    bars = histogram([0.3] * 3 + [0.52] * 2 + [1.1] + [0.7] * 400 + [95.0])
    assert bars[0] == (0.3, 0.35, 3)
    assert (0.5, 0.55, 2) in bars
    assert bars[-1][1:] == (float("inf"), 2)
    assert sum(n for _, _, n in bars) == 407
    # Each one counts, also at the edges of the steps.
    durations = [n / 10 for n in range(1, 40)]
    assert sum(n for _, _, n in histogram(durations)) == 39


@pytest.fixture
def mine(tmp_path):
    """A folder of one's own with something wrong in it."""
    folder = tmp_path / "mine"
    for word, first in (("yes", 0), ("no", 50)):
        for number, who in enumerate(("ada", "ben", "cleo", "dan", "eve", "finn")):
            write(folder / word / f"{who}_1.wav", burst(first + number))
    write(folder / "yes" / "ada_2.wav", burst(0) + 0.03)
    write(folder / "no" / "finn_2.flac", np.zeros(RATE))
    (folder / "no" / "eve_2.wav").write_text("hello")
    write(folder / "silence" / "room.wav", 1e-3 * np.ones(3 * RATE))
    same = (folder / "yes" / "ben_1.wav").read_bytes()
    (folder / "yes" / "finn_9.wav").write_bytes(same)
    return folder


def surveyed(*paths, **options):
    with Tasks(1) as tasks:
        return survey(paths, tasks, **options)


def test_a_folder_is_surveyed(mine):
    words, noises = surveyed(mine)
    assert words.title == "a folder for each word"
    assert (len(words.clips), len(noises.clips)) == (16, 1)
    assert {name: [(p.name, what) for p, what in f] for name, f in words.problems.items()} == {
        "unreadable": [("eve_2.wav", words.problems["unreadable"][0][1])],
        "silent": [("finn_2.flac", "peak 0.00000")],
        "offset": [("ada_2.wav", "+3.0 %")],
        "duplicate": [("finn_9.wav", words.problems["duplicate"][0][1])],
    }
    assert words.problems["duplicate"][0][1].startswith("as yes/ben_1.wav")
    parts = {clip.speaker: clip.split for clip in words.clips}
    assert words.across_parts == (parts["ben"] != parts["finn"])
    assert noises.kind == "noise"
    assert words.suspects is None


def test_copies_in_other_folders_are_found_and_the_same_folder_is_read_once(mine, tmp_path):
    other = tmp_path / "other"
    (other / "yes").mkdir(parents=True)
    (other / "yes" / "x_1.wav").write_bytes((mine / "yes" / "ada_1.wav").read_bytes())
    surveys = surveyed(mine, other, mine / "." / "yes" / "..")
    assert [one.folder.name for one in surveys] == ["mine", "mine", "other"]
    assert surveys[2].problems["duplicate"][0][1].startswith(f"as {mine / 'yes' / 'ada_1.wav'}")
    assert len(surveys[0].problems["duplicate"]) == 1


def test_the_parts_of_a_copy_are_named(mine, monkeypatch):
    monkeypatch.setattr(
        "train.corpora.own_folder.ranked_split",
        lambda names, **shares: {one: "test" if one == "finn" else "train" for one in names},
    )
    words, _ = surveyed(mine)
    assert words.problems["duplicate"][0][1] == "as yes/ben_1.wav (in the part train, not test)"
    assert words.across_parts == 1


def test_all_that_was_found_is_in_the_json(mine):
    words, noises = to_json(surveyed(mine))["folders"]
    assert json.loads(json.dumps(words)) == words
    assert (words["clips"], words["speakers"], words["kind"]) == (16, 6, "words")
    assert words["words"]["no"]["clips"] == 8
    assert words["rates"] == {"0": 1, "16000": 15}
    assert sum(bar["clips"] for bar in words["durations"]["histogram"]) == 15
    assert words["problems"]["silent"] == [{"file": "no/finn_2.flac", "found": "peak 0.00000"}]
    assert "suspects" not in words
    assert noises["hours"] == pytest.approx(3 / 3600)


def test_a_folder_of_corpora_is_taken_apart(mine, tmp_path):
    write(tmp_path / "fsdd" / "recordings" / "3_theo_0.wav", burst(1, before_s=0, after_s=0))
    assert [one.title for one in surveyed(tmp_path)] == [
        "the Free Spoken Digit Dataset",
        "a folder for each word",
        "the noises beside the words",
    ]


def test_nothing_to_survey_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="folder named like the word"):
        surveyed(tmp_path)
    with pytest.raises(DataError, match=r"none: No such file"):
        surveyed(tmp_path / "none")
    write(tmp_path / "silence" / "a.wav", burst(1))
    with pytest.raises(DataError, match="holds no recordings"):
        surveyed(tmp_path)


class Hears:
    """A classifier with a fixed answer."""

    frontend = FrontendParameters()
    labels = DIGIT_LABELS
    threshold = 0.6

    def __init__(self, **answer):
        self.metadata = ModelMetadata(labels=DIGIT_LABELS, frontend=self.frontend, threshold=0.6)
        self.answer = np.array([answer.get(label, 0.01) for label in DIGIT_LABELS], np.float32)

    def posteriors(self, window):
        return self.answer


@pytest.mark.parametrize(
    ("answer", "word", "heard"),
    [
        ({"nine": 0.7, "five": 0.1}, "five", "nine"),
        ({"nine": 0.7, "five": 0.1}, "nine", None),
        ({"nine": 0.5, "five": 0.1}, "five", None),
        ({"nine": 0.65, "five": 0.31}, "five", None),
        ({"unknown": 0.99}, "five", None),
        ({"nine": OTHER + 0.01}, "bed", "nine"),
        ({"nine": OTHER - 0.01}, "bed", None),
        ({"nine": OTHER + 0.01, "unknown": 0.5}, "unknown", "nine"),
    ],
)
def test_a_suspect_is_heard_as_another_word(tmp_path, answer, word, heard):
    path = write(tmp_path / "a.wav", burst(1))
    suspect = hear(Hears(**answer), path, word)
    assert (suspect and suspect.heard) == heard
    if suspect:
        assert (suspect.path, suspect.filed_as) == (path, word)
        assert suspect.confidence == pytest.approx(answer[heard])


def test_where_no_word_is_found_or_nothing_can_be_read_there_is_no_suspect(tmp_path):
    hears = Hears(nine=0.99)
    assert hear(hears, write(tmp_path / "a.wav", np.zeros(RATE)), "five") is None
    assert hear(hears, tmp_path / "none.wav", "five") is None


def always(label, path):
    """A model that says the same word whatever it hears."""
    bias = np.full(len(DIGIT_LABELS), -60_000, np.int32)
    bias[DIGIT_LABELS.index(label)] = 60_000
    weights = np.zeros((len(DIGIT_LABELS), 140), np.int8)
    data = tiny_flatbuffer(len(DIGIT_LABELS), weights=weights, bias=bias)
    frontend = FrontendParameters()
    write_model(path, data, ModelMetadata(DIGIT_LABELS, frontend, threshold=0.6))
    return path


def test_suspects_among_folders(tmp_path):
    for word in ("five", "nine", "bed"):
        write(tmp_path / "mine" / word / "ada_1.wav", burst(1))
        write(tmp_path / "mine" / word / "ben_1.wav", burst(2))
    model = always("nine", tmp_path / "nine.tflite")
    (words,) = surveyed(tmp_path / "mine", suspects=True, model=model)
    # Words that the model knows come first.
    assert [(one.filed_as, one.heard) for one in words.suspects] == [
        *([("five", "nine")] * 2),
        *([("bed", "nine")] * 2),
    ]
    assert words.unknown_words == ["bed"]
    values = to_json([words])["folders"][0]
    assert values["words_the_model_does_not_know"] == ["bed"]
    assert values["suspects"][0]["file"] == "five/ada_1.wav"
    assert values["suspects"][0]["confidence"] > 0.9


def test_several_processes_find_the_same(mine, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_AT_ONCE", 5)
    model = always("nine", tmp_path / "nine.tflite")
    alone = to_json(surveyed(mine, suspects=True, model=model))
    with Tasks(2) as tasks:
        assert to_json(survey([mine], tasks, suspects=True, model=model)) == alone


def test_the_report_is_plain_text_in_a_pipe(mine, tmp_path, capsys):
    write(mine / "[red]bold" / "ada_1.wav", burst(9))
    assert main(["data", str(mine), "--processes", "1"]) == 0
    printed = capsys.readouterr().out
    assert f"{mine}: a folder for each word\n17 clips of 3 words, 6 speakers; " in printed
    assert "\nwork" not in printed
    assert printed.endswith("\nTogether: 18 clips, 0.3 minutes.\n")
    lines = {line.split()[0]: line.split() for line in printed.splitlines() if line.split()}
    assert lines["[red]bold"][1] == "1"
    assert "  silent: 1 file (nothing to be heard: a peak below -60 dBFS)\n" in printed
    assert "    no/finn_2.flac: peak 0.00000\n" in printed
    assert "Durations, percentiles (seconds)\n" in printed
    assert not set("│┃━\x1b") & set(printed)
    assert all(line == line.rstrip() for line in printed.splitlines())


def test_the_report_is_a_table_on_a_terminal(mine):
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    print_surveys(surveyed(mine), console=Console(file=out, force_terminal=True, width=100))
    assert "┃" in out.getvalue()


def test_long_lists_are_cut_and_say_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("train.survey.report.MOST_WORDS", 2)
    monkeypatch.setattr("train.survey.report.MOST_FILES", 1)
    monkeypatch.setattr("train.survey.report.MOST_SUSPECTS", 1)
    for word in ("five", "six", "seven"):
        write(tmp_path / "mine" / word / "ada_1.wav", burst(len(word)) + 0.05)
    model = always("nine", tmp_path / "nine.tflite")
    print_surveys(surveyed(tmp_path / "mine", suspects=True, model=model))
    printed = capsys.readouterr().out
    assert "and 1 more words, all in the file of --json." in printed
    assert "    and 2 more\n" in printed
    assert "Mislabelled suspects: 3; hear them before you believe the model.\n" in printed
    assert "  and 2 more\n" in printed


def test_suspects_are_asked_of_the_model_that_ships(tmp_path, capsys):
    write(tmp_path / "mine" / "five" / "ada_1.wav", burst(1))
    out = tmp_path / "out.json"
    arguments = ["data", str(tmp_path / "mine"), "--suspects", "--json", str(out)]
    assert main([*arguments, "--processes", "1"]) == 0
    assert "Mislabelled suspects: none." in capsys.readouterr().out
    assert json.loads(out.read_text())["folders"][0]["suspects"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none"], "Cannot read the folder none: No such file or directory"),
        ([".", "--json", "none/out.json"], "there is no folder none"),
        ([".", "--suspects", "--model", "none.tflite"], "none.tflite"),
    ],
)
def test_what_is_missing_is_one_sentence(mine, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(mine)
    assert main(["data", *arguments, "--processes", "1"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert says in last
    assert last.startswith("recognizer-train: ")
    assert last.endswith(".")


def test_a_model_without_suspects_is_a_wrong_command_line(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["data", ".", "--model", "a.tflite"])
    assert caught.value.code == 2


def test_the_program_takes_a_relative_folder(mine):
    command = [sys.executable, "-m", "train", "data", "yes/..", "--processes", "1"]
    done = subprocess.run(
        command, cwd=mine, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("yes/..: a folder for each word\n")


def test_quiet_is_put_on_both_sides():
    samples = in_quiet(np.ones(10, np.float32))
    assert (len(samples), samples[:8000].any(), samples[-8000:].any()) == (16010, False, False)


@pytest.mark.data
def test_the_recordings_have_the_problems_they_are_known_for(data_folder):
    (words,) = surveyed(data_folder / "other_words" / "mycroft")
    assert len(words.problems["duplicate"]) == 1
    assert [path.parent.name for path, _ in words.problems["silent"]] == ["athena"]
    assert 5 <= len(words.problems["no word"]) <= 40
