#!/usr/bin/env bash
# Makes a virtual environment with the first Python 3.11 or newer it finds: make_venv.sh DIRECTORY
# PYTHON=/path/to/python names one by hand.
set -eu
target=$1
for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if "$candidate" -m venv "$target"; then
        # A venv made again over an old one keeps its stamps, and they would lie.
        rm -f "$target"/.run-installed "$target"/.dev-installed
        exit 0
    fi
    rm -rf "$target"
    echo "$candidate could not make a virtual environment. On Debian: apt-get install python3-venv" >&2
    exit 1
done
echo "No Python 3.11 or newer was found. Install one (Debian: apt-get install python3 python3-venv)," >&2
echo "or name one: make install PYTHON=/path/to/python3.11" >&2
exit 1
