#!/bin/sh
# Sets up the recognizer and starts it: with its window where there is a screen, else in the
# terminal.
#
#     run.sh [OPTION...]
set -eu

CDPATH='' cd -- "$(dirname -- "$0")/.."

in_terminal() {
    sh tools/setup.sh run
    exec .venv/bin/python -m recognizer --demo-without-microphone "$@"
}

for option in "$@"; do
    case $option in
        # What needs no window must not wait for Qt.
        --cli | --doctor | --help | -h | --list-devices | --version) in_terminal "$@" ;;
    esac
done

if [ "$(uname)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    why="There is no screen here"
else
    status=0
    sh tools/setup.sh window || status=$?
    [ "$status" -ne 0 ] || exec .venv/bin/python -m recognizer "$@"
    [ "$status" -eq 3 ] || exit "$status"
    why="The window's libraries are missing"
fi
printf '%s\n' "$why: the words are printed in the terminal instead (--cli)." >&2
in_terminal --cli "$@"
