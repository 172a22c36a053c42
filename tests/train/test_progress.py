from train import progress
from train.progress import stages


def test_whoever_read_how_far_it_is_reads_that_it_is_over(capsys, monkeypatch):
    now = iter([0.0, 1.0, 30.0, 30.0, 31.0, 32.0, 32.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with progress.progress("adding", 4) as advance:
        for _ in range(4):
            advance()
    assert capsys.readouterr().err.splitlines() == ["adding: 2 of 4", "adding: 4 of 4"]


def test_what_is_over_soon_tells_nothing(capsys):
    with progress.progress("adding", 2) as advance:
        advance()
        advance()
    assert capsys.readouterr().err == ""


def test_stages_are_lines_without_a_terminal(capsys):
    with stages() as begin:
        begin("first [1 of 2]")
        begin("second")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == ["first [1 of 2]", "second"]
