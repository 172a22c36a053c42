import json
from dataclasses import replace

import pytest

from tests.made_recordings import make_recordings
from tests.model_fixture import tiny_model
from train.bench import kept
from train.bench.kept import PACKAGES, digest_of, measure_once, measuring
from train.cli import main
from train.evaluation.measuring import Job, Measured, measure
from train.evaluation.stream_groups import GROUPS, Recordings


@pytest.fixture
def job(tmp_path):
    data = make_recordings(tmp_path / "data")
    model = tiny_model(tmp_path / "tiny.tflite", threshold=0.2)
    return Job(
        *("crowd", GROUPS["crowd"], Recordings(data), "test", ("one", "five")),
        *(0, None, model, None, (), False, False),
    )


def test_what_was_measured_is_not_measured_again(job, tmp_path, monkeypatch):
    first = measure_once(job, tmp_path)
    monkeypatch.setattr(kept, "measure", lambda job: pytest.fail("it was measured again"))

    assert measure_once(job, tmp_path) == first
    assert first == measure(job)


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"threshold": 0.5}, {"limit": 2}, {"thresholds": (0.2, 0.4)}, {"peer": True}],
)
def test_with_other_settings_it_is(job, tmp_path, monkeypatch, other):
    measure_once(job, tmp_path)
    monkeypatch.setattr(kept, "measure", lambda job: Measured())

    assert measure_once(replace(job, **other), tmp_path) == Measured()


def test_with_another_model_or_another_program_it_is(job, tmp_path, monkeypatch):
    measure_once(job, tmp_path)
    monkeypatch.setattr(kept, "measure", lambda job: Measured())
    again = replace(job, model=tiny_model(tmp_path / "other.tflite", threshold=0.3))

    assert measure_once(again, tmp_path) == Measured()
    monkeypatch.setattr(kept, "_sources", lambda: b"changed")
    assert measure_once(job, tmp_path) == Measured()


def test_every_module_of_both_packages_counts(tmp_path):
    inner = tmp_path / "package" / "inner"
    inner.mkdir(parents=True)
    module = inner / "module.py"
    module.write_text("A = 1\n")
    (inner / "notes.txt").write_text("no module")
    first = digest_of([tmp_path / "package"])

    (inner / "notes.txt").write_text("other notes")
    assert digest_of([tmp_path / "package"]) == first
    module.write_text("A = 2\n")
    changed = digest_of([tmp_path / "package"])
    module.rename(inner / "renamed.py")
    assert len({first, changed, digest_of([tmp_path / "package"])}) == 3

    for name in ("recognizer/classifier.py", "train/corpora/speech_commands.py"):
        assert any((folder.parent / name).is_file() for folder in PACKAGES)


def test_a_damaged_file_is_made_anew(job, tmp_path):
    first = measure_once(job, tmp_path)
    (file,) = tmp_path.glob("crowd-*.json")
    file.write_text("{")

    assert measure_once(job, tmp_path) == first
    assert json.loads(file.read_text())["summary"]["clips"] == 4


def test_without_a_folder_nothing_is_kept():
    assert measuring(None) is measure


def test_the_command_goes_on_takes_patterns_and_writes_a_page(job, tmp_path, capsys):
    folder, page, figures = tmp_path / "kept", tmp_path / "page.md", tmp_path / "figures.json"
    arguments = [job.model, "--data", job.recordings.data, "--group", "crowd_cafe_snr_?"]
    arguments += ["--group", "music", "--limit", "1", "--quick", "--in-process", "--bench"]
    arguments += ["--processes", "1", "--resume", folder, "--markdown", page, "--json", figures]

    assert main(["evaluate", *map(str, arguments)]) == 0

    groups = json.loads(figures.read_text())["groups"]
    assert list(groups) == ["music", "crowd_cafe_snr_5", "crowd_cafe_snr_0"]
    assert {one.name.rpartition("-")[0] for one in folder.iterdir()} == set(groups)
    assert "music, computed" in page.read_text()
    assert "Over the noise of places" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["crowd_garden_*", "nobody"])
def test_a_pattern_that_fits_nothing_is_refused(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--group", wrong])

    assert ended.value.code == 2
    assert wrong in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["evaluate", "--resume", str(tmp_path / "file" / "kept")]) == 1

    assert "Cannot make the folder" in capsys.readouterr().err
