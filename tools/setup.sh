#!/bin/sh
# Makes .venv and installs into it what LEVEL needs; repeated calls find it done and are quick.
#
#     setup.sh LEVEL
#
# LEVEL is run (the recognizer), train (and what makes the model) or test (and the tests).
# The environment variable PYTHON names another interpreter than the one found.
set -eu

level=$1
CDPATH='' cd -- "$(dirname -- "$0")/.."
venv_python=.venv/bin/python

say() { printf '%s\n' "$*" >&2; }

case $level in
    run) levels="run" extras="" newest=99 ;;
    # TensorFlow 2.21 has no wheels for anything newer than Python 3.13.
    train) levels="run train" extras="[train]" newest=13 ;;
    test) levels="run train test" extras="[train,test]" newest=13 ;;
    *) say "setup.sh: the level is run, train or test, not '$level'."; exit 2 ;;
esac

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, int(sys.argv[1])))' \
        "$newest" >/dev/null 2>&1
}

find_python() {
    wanted="Python 3.11 or newer"
    [ "$newest" = 99 ] || wanted="Python 3.11, 3.12 or 3.13 (TensorFlow has no release for others)"
    if [ -n "${PYTHON:-}" ]; then
        fits "$PYTHON" || { say "PYTHON=$PYTHON is not $wanted."; exit 1; }
        python=$PYTHON
        return
    fi
    for python in python3 python3.13 python3.12 python3.11 python3.14; do
        ! fits "$python" || return 0
    done
    say "This needs $wanted, and there is none on the search path: install one (Debian 12 and" \
        "Ubuntu 24.04 have it as python3; https://www.python.org/downloads/) and call make again."
    exit 1
}

make_venv() {
    find_python
    if [ "$("$python" -c 'import sys, platform; print(sys.platform, platform.machine())')" = \
        "darwin x86_64" ]; then
        say "LiteRT, which runs the model, has no release for Intel Macs, so this does not work" \
            "here. (On an Apple-silicon Mac: use a Python that is built for arm64.)"
        exit 1
    fi
    if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        sh tools/system_packages.sh "Python's venv module" "$package"
    fi
    say "Making .venv with $("$python" --version) ..."
    "$python" -m venv --clear .venv
}

# What the stamp holds: a changed pyproject.toml or a moved folder installs again.
stamp="$(cksum <pyproject.toml) $PWD"

installed() {
    [ "$(cat ".venv/.installed-$level" 2>/dev/null)" = "$stamp" ] && fits "$venv_python"
}

install() {
    fits "$venv_python" && "$venv_python" -m pip --version >/dev/null 2>&1 || make_venv
    say "Installing what '$level' needs into .venv (only this once) ..."
    "$venv_python" -m pip install --disable-pip-version-check --editable ".$extras" >&2
    for each in $levels; do
        printf '%s\n' "$stamp" >".venv/.installed-$each"
    done
}

system_packages() {
    # PortAudio comes with sounddevice's wheels everywhere but on Linux. Without it files and the
    # demo recording still work, so its absence ends nothing.
    if ! "$venv_python" -c 'import ctypes.util, sys
sys.exit(sys.platform == "linux" and ctypes.util.find_library("portaudio") is None)'; then
        sh tools/system_packages.sh "PortAudio, for the microphone" libportaudio2 ||
            say "Going on without a microphone."
    fi
    [ "$level" != run ] || return 0
    { command -v espeak-ng && command -v flite; } >/dev/null ||
        sh tools/system_packages.sh "Synthetic voices" espeak-ng flite ||
        say "Going on without them."
    [ "$level" = test ] && [ "$(uname)" = Linux ] || return 0
    sh tools/system_packages.sh "A virtual microphone for the tests" \
        pulseaudio pulseaudio-utils libasound2-plugins ||
        say "Going on without: the tests that need it are skipped."
}

installed || install
system_packages
