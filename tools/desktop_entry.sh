#!/bin/sh
# Puts the program into the current user's menu of applications on Linux, or takes it out again.
#
#     desktop_entry.sh install|uninstall
#
# What it writes lies in $XDG_DATA_HOME, by default ~/.local/share.
set -eu

action=$1
CDPATH='' cd -- "$(dirname -- "$0")/.."

say() { printf '%s\n' "$*" >&2; }

# The specification has relative paths ignored.
case ${XDG_DATA_HOME:-} in
    /*) data=$XDG_DATA_HOME ;;
    *) data=$HOME/.local/share ;;
esac
entry=$data/applications/keyword-recognizer.desktop
icons=$data/icons/hicolor

# Escapes for a value of a desktop entry. Twice where a program is named: first for the quotes
# around it, then like any other value; and a % begins a field code.
as_value() { printf '%s\n' "$1" | sed 's/\\/\\\\/g'; }
as_program() { as_value "\"$(printf '%s\n' "$1" | sed 's/[\\"`$]/\\&/g; s/%/%%/g')\""; }

install_entry() {
    program=$PWD/.venv/bin/recognizer
    mkdir -p "$data/applications"
    for size in 64 256; do
        mkdir -p "$icons/${size}x$size/apps"
    done
    mkdir -p "$icons/scalable/apps"
    cp assets/icon-64.png "$icons/64x64/apps/keyword-recognizer.png"
    cp assets/icon.png "$icons/256x256/apps/keyword-recognizer.png"
    cp assets/icon.svg "$icons/scalable/apps/keyword-recognizer.svg"
    {
        cat packaging/keyword-recognizer.desktop
        printf 'TryExec=%s\n' "$(as_value "$program")"
        printf 'Exec=%s\n' "$(as_program "$program")"
    } >"$entry.part"
    mv "$entry.part" "$entry"
    say "Keyword Recognizer is in the menu of applications now ($entry)."
}

uninstall_entry() {
    rm -f "$entry" "$icons"/*/apps/keyword-recognizer.png \
        "$icons/scalable/apps/keyword-recognizer.svg"
    say "Keyword Recognizer is no longer in the menu of applications."
}

if [ "$(uname)" != Linux ]; then
    say "Menu entries are for Linux; elsewhere \`make run\` opens the window."
    exit 1
fi
case $action in
    install) install_entry ;;
    uninstall) uninstall_entry ;;
    *) say "desktop_entry.sh: install or uninstall, not '$action'."; exit 2 ;;
esac
# Menus look for icons again when this folder changes.
[ ! -d "$icons" ] || touch "$icons"
