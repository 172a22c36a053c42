"""``python -m tests.benchmarks.run_pocketsphinx one|row FILE WORD ...``: a process to measure."""

import sys
import time

from recognizer.audio_file import AudioFile
from train.evaluation.pocketsphinx_peer import PocketSphinxRecognizer


def main(grammar: str, path: str, *words: str) -> None:
    """Print how long PocketSphinx takes for a sound file, its start left out (seconds)."""
    peer = PocketSphinxRecognizer(words, repeated=grammar == "row")
    began = time.process_time()
    with AudioFile(path) as sound:
        for block in sound:
            peer.process(block)
    peer.finish()
    print(time.process_time() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
