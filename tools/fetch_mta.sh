#!/bin/sh
# Unpacks Debian's Exim into .mta/ for the tests: nothing is installed, no mail of the system moves.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .mta
cd .mta
if [ ! -x root/usr/sbin/exim4 ]; then
    rm -rf root new ./*.deb
    apt-get download -qq exim4-daemon-light libidn12
    for package in ./*.deb; do dpkg -x "$package" new; done
    rm -f ./*.deb
    chmod u-s new/usr/sbin/exim4   # or the libraries beside it would be ignored
    mv new root
fi
if [ "$(id -u)" = 0 ] && ! getent passwd Debian-exim >/dev/null; then
    useradd --system --no-create-home --shell /usr/sbin/nologin Debian-exim
fi
