#!/usr/bin/env bash
# Gets the FTP servers that the tests run against, from the packages of Debian or Ubuntu. As packages they conflict with one
# another, so nothing is installed: each is unpacked into a folder of its own, with the libraries that the system lacks.
# Usage: scripts/foreign-peers.sh [FOLDER]   (default: node_modules/.cache/peers)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-node_modules/.cache/peers}

# What apt would install for these packages on this system, themselves included.
closure() {
  printf '%s\n' "$@"
  apt-get install --simulate --no-install-recommends "$@" 2>/dev/null | awk '/^Inst/ { print $2 }'
}

# Old lists name packages that are no longer there. Only root can renew them.
is_updated=
update() {
  if [ -z "$is_updated" ] && [ "$(id -u)" = 0 ]; then apt-get -q update || echo "$0: the lists could not be renewed" >&2; fi
  is_updated=yes
}

get() { # NAME FILE PACKAGE...: unpacks the packages into the folder NAME, unless FILE is there
  local name=$1 file=$2
  shift 2
  if [ -e "$folder/$name/$file" ]; then return; fi
  local unpacked="$folder/$name.new"
  update
  rm -rf "${folder:?}/$name" "$unpacked"
  mkdir -p "$unpacked"
  (
    cd "$unpacked"
    # shellcheck disable=SC2046 # one word for each package
    apt-get -q download $(closure "$@" | sort -u)
    for package in *.deb; do dpkg -x "$package" .; done
    rm -- *.deb
  )
  mv "$unpacked" "$folder/$name"
}

get vsftpd usr/sbin/vsftpd vsftpd
get proftpd usr/sbin/proftpd proftpd-core proftpd-mod-crypto
echo "FTP servers for the tests: $folder"
