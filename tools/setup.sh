#!/bin/sh
# Makes .venv and installs into it what LEVEL needs; repeated calls find it done and are quick.
#
#     setup.sh LEVEL
#
# LEVEL is run (the recognizer in the terminal), window (and its window), train (run, and what
# makes the model), app (window, and what freezes the program) or test (all but app, and the
# tests). The environment variable PYTHON names another interpreter than the one found.
# Ends with status 3 where everything is there but what the window needs from the system.
set -eu

level=$1
CDPATH='' cd -- "$(dirname -- "$0")/.."
venv_python=.venv/bin/python

say() { printf '%s\n' "$*" >&2; }

case $level in
    # Without a screen nobody needs Qt: 250 MB, and its libraries from the system.
    run) levels="run" extras="" newest=99 ;;
    window) levels="run window" extras="[gui]" newest=99 ;;
    # TensorFlow 2.21 has no wheels for anything newer than Python 3.13.
    train) levels="run train" extras="[train]" newest=13 ;;
    app) levels="run window app" extras="[gui,app]" newest=99 ;;
    test) levels="run window train test" extras="[gui,train,test]" newest=13 ;;
    *) say "setup.sh: the level is run, window, train, app or test, not '$level'."; exit 2 ;;
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

qt_has_release() {
    "$venv_python" -c 'import platform, sys
name, version = platform.libc_ver()
old = name == "glibc" and tuple(map(int, version.split(".")[:2])) < (2, 39)
sys.exit(sys.platform == "linux" and platform.machine() == "aarch64" and old)'
}

install() {
    fits "$venv_python" && "$venv_python" -m pip --version >/dev/null 2>&1 || make_venv
    case $extras in
        *gui*)
            if ! qt_has_release; then
                say "PySide6, which makes the window, has no release for this system: on 64-bit" \
                    "ARM it needs Debian 13 or Ubuntu 24.04, or newer."
                exit 3
            fi
            ;;
    esac
    say "Installing what '$level' needs into .venv (only this once) ..."
    "$venv_python" -m pip install --disable-pip-version-check --editable ".$extras" >&2
    for each in $levels; do
        printf '%s\n' "$stamp" >".venv/.installed-$each"
    done
}

portaudio() {
    # PortAudio comes with sounddevice's wheels everywhere but on Linux. Without it files and the
    # demo recording still work, so its absence ends nothing.
    if ! "$venv_python" -c 'import ctypes.util, sys
sys.exit(sys.platform == "linux" and ctypes.util.find_library("portaudio") is None)'; then
        sh tools/system_packages.sh "PortAudio, for the microphone" libportaudio2 ||
            say "Going on without a microphone."
    fi
}

# Succeeds where Qt has its libraries for the given screens, x11 or wayland.
qt_libraries() {
    # Looking costs 0.1 s, so it is done once for each kind of screen.
    qt_stamp="$stamp $*"
    [ "$(cat .venv/.qt-libraries 2>/dev/null)" != "$qt_stamp" ] || return 0
    packages=$(sh tools/qt_packages.sh "$@")
    # shellcheck disable=SC2086 # names of packages
    [ -z "$packages" ] || sh tools/system_packages.sh "Libraries for the window" $packages ||
        return 1
    printf '%s\n' "$qt_stamp" >.venv/.qt-libraries
}

synthetic_voices() {
    { command -v espeak-ng && command -v flite; } >/dev/null ||
        sh tools/system_packages.sh "Synthetic voices" espeak-ng flite ||
        say "Going on without them."
}

freezing() {
    # PyInstaller reads libraries with objdump, and takes Python along as a library, which Debian
    # has in a package of its own.
    command -v objdump >/dev/null || sh tools/system_packages.sh "PyInstaller" binutils
    if ! "$venv_python" -c 'import ctypes, sys, sysconfig
if sysconfig.get_config_var("Py_ENABLE_SHARED"):
    try:
        ctypes.CDLL(sysconfig.get_config_var("INSTSONAME"))
    except OSError:
        sys.exit(1)'; then
        package=$("$venv_python" -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])')
        sh tools/system_packages.sh "PyInstaller" "$package"
    fi
}

system_packages() {
    portaudio
    case $level in train | test) synthetic_voices ;; esac
    [ "$(uname)" = Linux ] || return 0
    case $level in
        window) qt_libraries ${DISPLAY:+x11} ${WAYLAND_DISPLAY:+wayland} || exit 3 ;;
        app)
            qt_libraries x11 wayland || exit 3
            freezing
            ;;
        test)
            qt_libraries x11 || say "Going on without: the tests may not start."
            sh tools/system_packages.sh "A virtual microphone for the tests" \
                pulseaudio pulseaudio-utils libasound2-plugins ||
                say "Going on without: the tests that need it are skipped."
            sh tools/system_packages.sh "A virtual screen for the tests" \
                xvfb xauth desktop-file-utils ||
                say "Going on without: the tests that need it are skipped."
            ;;
    esac
}

installed || install
system_packages
