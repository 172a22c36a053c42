#!/bin/sh
# Prints the packages of Debian and Ubuntu whose libraries Qt needs on this machine and does not
# find, one a line.
#
#     qt_packages.sh [SCREEN...]
#
# SCREEN is x11 or wayland. PySide6's wheel brings Qt itself, but not what Qt shares with the rest
# of a desktop. A minimal Debian 12 lacks two dozen of them, a desktop often just
# libxcb-cursor0, without which Qt aborts the program.
set -eu

CDPATH='' cd -- "$(dirname -- "$0")/.."

qt=$(echo .venv/lib/python3*/site-packages/PySide6)
parts=$qt/QtGui.abi3.so
for screen in "$@"; do
    case $screen in
        x11) parts="$parts $qt/Qt/plugins/platforms/libqxcb.so" ;;
        wayland) parts="$parts $(echo "$qt"/Qt/plugins/platforms/libqwayland*.so)" ;;
    esac
done

# Debian's rule (policy 8.1): libxcb-cursor.so.0 is in libxcb-cursor0, libX11.so.6 in libx11-6.
# After the year 2038 was dealt with, some packages of Debian 13 and Ubuntu 24.04 end in t64;
# apt-get finds them by the old name.
# shellcheck disable=SC2086 # a list of paths without spaces
{ ldd $parts 2>/dev/null || true; } |
    sed -n 's/^[[:space:]]*\([^[:space:]]*\) => not found.*/\1/p' |
    sed -e 's/^libglib-2\.0\.so\.0$/libglib2.0-0/' -e 's/^libgthread-2\.0\.so\.0$/libglib2.0-0/' \
        -e 's/^libz\.so\.1$/zlib1g/' -e 's/\([0-9]\)\.so\./\1-/' -e 's/\.so\.//' \
        -e 'y/ABCDEFGHIJKLMNOPQRSTUVWXYZ_/abcdefghijklmnopqrstuvwxyz-/' |
    sort -u
