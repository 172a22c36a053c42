"""What ``recognizer --help`` says before and behind the options."""

DESCRIPTION = """\
Listen to the microphone, or read a sound file, and show the words that are recognized: in a
window, or with --cli in the terminal.
"""

EPILOG = """\
output:
  One line a word on standard output, everything else on standard error. A line has the word's
  beginning in seconds from the start, the word, and the confidence, at least two spaces apart:

        3.41  seven   98 %

  With --json a line is one object, and for a microphone it also has "latency_ms":

    {"label": "seven", "confidence": 0.98, "start": 3.41, "end": 3.90, "time": 4.05}

  A word lies from "start" to "end"; "time" is how much had been heard when it was decided.

  Without --connected a word needs a short pause on both sides. With it, digits may follow each
  other without any, as in a telephone number; they come about half a second later.

exit status:
  0  the file is at its end, listening was ended with Ctrl-C, or the reader of a pipe has left
  1  a file, a microphone or a model cannot be used; one sentence says why
     (of many files: at least one is bad; a sentence for each says why)
  2  the command line is wrong; one sentence says why
  A file cut short by Ctrl-C gives 130, by SIGTERM 143, by a closed
  terminal 129.

examples:
  recognizer --cli                                       the default microphone
  recognizer --doctor                                    what works here, and what to mend
  recognizer --cli --device usb --json                   the microphone with "usb" in its name
  recognizer --cli --input talk.mp3 --all                a sound file, with the rejected words
  recognizer --cli --connected                           telephone numbers, said in one breath
  recognizer --cli --json --input *.wav --resume done    many, on all cores; again after a break
  arecord -q -f S16_LE -r 16000 | recognizer --cli --input -
"""
