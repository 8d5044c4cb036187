#!/usr/bin/env bash
# Gets Valkey, which the tests of the shared throttle also run against, from Debian or Ubuntu; from their backports where the
# release is older than it. Nothing is installed: it is unpacked into a folder, and takes the libraries of redis-server, which
# are the same. Usage: scripts/valkey.sh [FOLDER]   (default: node_modules/.cache/valkey)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath -m "${1:-node_modules/.cache/valkey}")
program=$folder/usr/bin/valkey-server
if "$program" --version 2>/dev/null; then exit 0; fi

rm -rf "$folder" "$folder.new"
mkdir -p "$folder.new"/{lists,archives}/partial
cd "$folder.new"

# Lists of its own: those of the system stay as they are. Its mirrors and suites are taken from those.
# shellcheck disable=SC2016 # the words in parentheses are for apt
apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' | sort -u |
  awk -v release="$(. /etc/os-release && echo "$VERSION_CODENAME")" '
    $4 != "Debian" && $4 != "Ubuntu" { next }
    $2 == release { print "deb", $1, $2, $3; print "deb", $1, $2 "-backports", $3 }
    $2 == release "-updates" { print "deb", $1, $2, $3 }' >valkey.list
options=(-q -o "Dir::Etc::SourceList=$PWD/valkey.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache::archives=$PWD/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
# The folder may be closed to the user that apt takes otherwise.
if [ "$(id -u)" = 0 ]; then options+=(-o APT::Sandbox::User=root); fi
apt-get "${options[@]}" update
apt-get "${options[@]}" download valkey-server valkey-tools
for package in *.deb; do dpkg -x "$package" .; done
rm -r -- *.deb lists archives valkey.list
mv "$folder.new" "$folder"
"$program" --version
