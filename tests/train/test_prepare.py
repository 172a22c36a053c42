import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import SILENCE, UNKNOWN
from tests.local_cluster import cluster, worker_pids
from tests.made_recordings import make_training_recordings
from tests.recognizer.faults.programs import heed_signals
from train import prepare as preparing
from train.compose import Shares
from train.errors import DataError
from train.prepare import LABELS, STEP, Prepared, load_prepared, prepare, quantize
from train.tasks import Tasks
from train.vocabulary import DIGITS

__all__ = ["cluster"]

STREAMS = 9


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    return data, make_training_recordings(data)


def run(made, out, **settings):
    settings = {"streams": STREAMS, "seed": 3, "processes": 1, **settings}
    split = settings.pop("split", "train")
    return prepare(made[0], out, split, alignments=made[1], synthetic=[], readings=[], **settings)


@pytest.fixture(scope="module")
def prepared(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("work") / "new"
    return out, run(made, out)


def contents(out, split="train"):
    kinds = ("i8", "labels", "words", "json")
    return [(out / f"{split}.{kind}").read_bytes() for kind in kinds]


def test_the_labels_are_silence_unknown_and_the_digits():
    assert (SILENCE, UNKNOWN, *DIGITS) == LABELS


def test_windows_and_labels_belong_together(prepared):
    _, found = prepared
    frontend = FrontendParameters()
    assert found.windows.dtype == np.int8
    assert found.windows.shape == (
        len(found.labels),
        frontend.window_frames,
        frontend.mel_bands,
    )
    assert len(found.labels) > 30
    assert found.labels.max() < len(LABELS)
    assert {LABELS.index(UNKNOWN)} < set(found.labels.tolist())
    # Each band's mean over a window is nothing; rounding and clipping leave little.
    means = found.windows.astype(np.float32).mean(axis=1) * STEP
    assert np.abs(means).max() < STEP


def test_what_was_made_is_on_record(prepared):
    out, found = prepared
    record = json.loads((out / "train.json").read_text())
    assert record["windows"] == len(found.labels) == sum(record["labels"].values())
    assert (record["streams"], record["seed"]) == (STREAMS, 3)
    assert record["left_out"] == []
    for label, count in record["labels"].items():
        assert count == np.count_nonzero(found.labels == LABELS.index(label))
    assert not list(out.glob("*.partial"))


def test_the_result_does_not_depend_on_the_number_of_processes(
    made, prepared, tmp_path, monkeypatch
):
    monkeypatch.setattr(preparing, "STREAMS_PER_TASK", 2)
    run(made, tmp_path, processes=2)
    assert contents(tmp_path) == contents(prepared[0])


def test_a_cluster_makes_the_same_even_when_a_worker_is_killed(
    made, prepared, tmp_path, monkeypatch, cluster
):
    killed = []

    class KillingTasks(Tasks):
        def map(self, *arguments):
            for result in super().map(*arguments):
                if not killed:
                    killed.append(worker_pids(cluster)[0])
                    os.kill(killed[0], signal.SIGKILL)
                yield result

    monkeypatch.setattr(preparing, "STREAMS_PER_TASK", 1)
    monkeypatch.setattr(preparing, "Tasks", KillingTasks)
    run(made, tmp_path, scheduler=cluster.scheduler_address)
    assert killed
    assert contents(tmp_path) == contents(prepared[0])


def test_a_process_reads_the_recordings_once_a_run(monkeypatch):
    read = []
    monkeypatch.setattr(preparing, "load_sources", lambda *given, **_: read.append(given))
    packed = preparing._packed(data="here", split="train")
    for _ in range(3):
        preparing._sources(packed)
    assert read == [("here", "train")]
    # They may have changed in the meantime.
    preparing._sources(preparing._packed(data="here", split="train"))
    assert len(read) == 2
    preparing._sources.cache_clear()


def test_another_seed_gives_other_windows(made, prepared, tmp_path):
    run(made, tmp_path, seed=4)
    assert contents(tmp_path)[0] != contents(prepared[0])[0]


def test_each_stream_depends_on_its_number_alone(made, prepared, tmp_path):
    fewer = run(made, tmp_path, streams=4)
    whole = prepared[1]
    assert 0 < len(fewer.labels) < len(whole.labels)
    np.testing.assert_array_equal(fewer.windows, whole.windows[: len(fewer.labels)])


def test_validation_speakers_make_windows_of_their_own(made, prepared, tmp_path):
    found = run(made, tmp_path, split="validation", streams=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "validation.i8",
        "validation.json",
        "validation.labels",
        "validation.words",
    ]
    trained_on = {window.tobytes() for window in prepared[1].windows}
    assert not trained_on & {window.tobytes() for window in found.windows}


def test_noise_streams_give_silence(made, tmp_path):
    found = run(made, tmp_path, streams=3, shares=Shares(noise=1.0, speech=0.0))
    assert set(found.labels.tolist()) == {LABELS.index(SILENCE)}


def test_streams_of_speech_give_unknown_and_the_digit_in_it(made, tmp_path):
    found = run(made, tmp_path, streams=3, shares=Shares(noise=0.0, speech=1.0))
    assert LABELS.index(UNKNOWN) in found.labels
    said = {LABELS.index(label) for label in (SILENCE, UNKNOWN, "three")}
    assert set(found.labels.tolist()) <= said


def test_features_are_kept_to_half_a_step():
    values = np.linspace(-12.7, 12.7, 10_001).astype(np.float32)
    steps = quantize(values)
    assert steps.dtype == np.int8
    assert np.abs(steps * STEP - values).max() <= STEP / 2 + 1e-5


def test_kept_windows_are_read_back_as_features():
    values = np.linspace(-12.0, 12.0, 60).astype(np.float32).reshape(5, 3, 4)
    kept = Prepared(quantize(values), np.zeros(5, np.uint8), np.zeros(5, np.uint16), ())
    features = kept.features(np.array([4, 0, 4]))
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, values[[4, 0, 4]], atol=STEP / 2 + 1e-5)


def test_features_out_of_range_are_clipped_not_wrapped():
    values = np.array([-1000.0, -12.75, -12.7, 0.04, 12.7, 12.8, 1000.0], np.float32)
    assert quantize(values).tolist() == [-127, -127, -127, 0, 127, 127, 127]


@pytest.fixture
def kept(tmp_path):
    windows = np.arange(3 * 2 * 4, dtype=np.int8).reshape(3, 2, 4)
    (tmp_path / "train.i8").write_bytes(windows.tobytes())
    (tmp_path / "train.labels").write_bytes(bytes([1, 2, 0]))
    (tmp_path / "train.words").write_bytes(np.array([2, 1, 0], np.uint16).tobytes())
    (tmp_path / "train.json").write_text(
        '{"windows": 3, "shape": [2, 4], "vocabulary": ["cat", "two"]}'
    )
    return tmp_path


def test_what_was_kept_is_opened_as_it_was(kept):
    found = load_prepared(kept, "train")
    assert found.labels.tolist() == [1, 2, 0]
    assert found.words.tolist() == [2, 1, 0]
    assert found.vocabulary == ("cat", "two")
    np.testing.assert_array_equal(found.windows[2], np.arange(16, 24).reshape(2, 4))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.i8", None),
        ("train.labels", None),
        ("train.words", None),
        ("train.json", None),
        ("train.i8", b""),
        ("train.i8", b"\0" * 23),
        ("train.i8", b"\0" * 32),
        ("train.labels", b"\1\2"),
        ("train.labels", b"\1\2\0\0"),
        ("train.words", b"\1\0"),
        ("train.json", b""),
        ("train.json", b'{"windows": 3'),
        ("train.json", b'{"windows": 3}'),
        ("train.json", b'{"windows": 3, "shape": [2, 4]}'),
        ("train.json", b'{"windows": "three", "shape": [2, 4]}'),
        ("train.json", b"[]"),
    ],
)
def test_what_is_missing_or_not_whole_is_refused(kept, name, content):
    if content is None:
        (kept / name).unlink()
    else:
        (kept / name).write_bytes(content)
    with pytest.raises(DataError, match=r"missing or not whole; make them with: python -m train"):
        load_prepared(kept, "train")


def test_a_run_that_breaks_off_leaves_no_record(made, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(preparing, "cut_windows", stop)
    with pytest.raises(KeyboardInterrupt):
        run(made, tmp_path)
    assert not (tmp_path / "train.json").exists()


INTERRUPTED = """
import sys
from pathlib import Path
from train.cli import _guarded
from train.prepare import prepare
def run():
    prepare(Path(sys.argv[1]), Path(sys.argv[2]), "train", alignments=Path(sys.argv[3]),
            synthetic=[], readings=[], streams=100_000, processes=2)
    return 0
sys.exit(_guarded(run))
"""


def test_ctrl_c_ends_all_processes_with_one_sentence(made, tmp_path):
    data, alignments = made
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(data), str(tmp_path), str(alignments)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )
    try:
        partial = tmp_path / "train.i8.partial"
        while process.poll() is None and not (partial.exists() and partial.stat().st_size):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.endswith("recognizer-train: interrupted; what is finished is kept.\n")
    assert not (tmp_path / "train.json").exists()
