#!/bin/sh
# Installs packages of Debian or Ubuntu: as root at once, through sudo after asking, and where
# neither is possible it prints the command. Ends with status 1 when one is still missing.
#
#     system_packages.sh WHAT_FOR PACKAGE...
set -eu

what_for=$1
shift

say() { printf '%s\n' "$*" >&2; }

missing() {
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=none
        [ "$status" = installed ] || printf ' %s' "$package"
    done
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "$what_for: install what Debian calls $*, with your system's package manager" \
        "(on a Mac: brew)."
    exit 1
fi

packages=$(missing "$@")
[ -n "$packages" ] || exit 0

# --no-remove: never push out somebody's sound server, as pulseaudio does to PipeWire's.
command="apt-get update && apt-get install -y --no-install-recommends --no-remove$packages"
if [ "$(id -u)" -eq 0 ]; then
    run="sh -c"
elif command -v sudo >/dev/null && [ -z "${CI:-}" ] && [ -t 0 ] && [ -t 2 ]; then
    printf '%s: install%s through sudo? [Y/n] ' "$what_for" "$packages" >&2
    read -r answer || answer=n
    case $answer in
        "" | [yY]*) run="sudo sh -c" ;;
        *) run= ;;
    esac
else
    run=
fi

if [ -z "$run" ]; then
    say "$what_for: missing$packages. To install:"
    say "    sudo sh -c '$command'"
    exit 1
fi

say "$what_for: installing$packages ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! DEBIAN_FRONTEND=noninteractive $run "$command" >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    say "$what_for:$packages could not be installed. The command was:"
    say "    $command"
    exit 1
fi
