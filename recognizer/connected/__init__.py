"""Digits spoken one right behind another, without pauses: ``recognizer --cli --connected``.

A second small network says for every 20 ms which third of which digit is being spoken, if any; a
Viterbi search finds the likeliest row of digits. See ``docs/connected.md``.
"""
