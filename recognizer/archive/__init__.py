"""Many sound files: `recognizer --cli --input FILE ...`.

`one_file` recognizes a file, `processes` and `cluster` do so many times at once, `journal` keeps
what is finished for the next time, and `run` puts it all in order and prints it.
"""
