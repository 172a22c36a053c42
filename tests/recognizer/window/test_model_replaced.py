from recognizer.window.main_window import MainWindow
from recognizer.window.settings import Settings
from tests.model_fixture import DIGIT_LABELS, tiny_model


def test_a_model_replaced_behind_the_window_s_back(qtbot, tmp_path):
    """Its labels were read when the window opened; the model itself is when something runs."""
    path = tmp_path / "model.tflite"
    tiny_model(path, DIGIT_LABELS)
    window = MainWindow(Settings(), model=path)
    qtbot.addWidget(window)
    try:
        window.show()
        labels = ("silence", "unknown", "left", "right")
        tiny_model(tmp_path / "other.tflite", labels, threshold=0.3).replace(path)
        window.use_pace("fast")
        with qtbot.waitSignal(window.runner.ended, timeout=60_000) as ended:
            window.run_demo()
        assert ended.args == [None, "file"]
        assert sorted(window.panels.scores.labels) == sorted(labels)
        assert window.runner.threshold == 0.3
    finally:
        window.close()
