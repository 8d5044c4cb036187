#!/usr/bin/env bash
# Gets Valkey, which the tests of the shared throttle also run against, from Debian or Ubuntu; from their backports where the
# release is older than it. Nothing is installed: it is unpacked into a folder, and takes the libraries of redis-server, which
# are the same. Usage: scripts/valkey.sh [FOLDER]   (default: node_modules/.cache/valkey)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath -m "${1:-node_modules/.cache/valkey}")
program=$folder/usr/bin/valkey-server
if "$program" --version 2>/dev/null; then exit 0; fi

fail() {
  echo "scripts/valkey.sh: Cannot get Valkey: $1" >&2
  exit 1
}
command -v apt-get >/dev/null || fail 'it is taken from Debian or Ubuntu, and there is no apt-get'

rm -rf "$folder" "$folder.new"
mkdir -p "$folder.new"/{lists,archives}/partial
cd "$folder.new"

# Lists of its own: those of the system stay as they are. Its mirrors and suites are taken from those.
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# shellcheck disable=SC2016 # the words in parentheses are for apt
apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' | sort -u |
  awk -v release="$release" '
    $4 != "Debian" && $4 != "Ubuntu" { next }
    $2 == release { print "deb", $1, $2, $3; print "deb", $1, $2 "-backports", $3 }
    $2 == release "-updates" { print "deb", $1, $2, $3 }' >valkey.list
[ -s valkey.list ] || fail "apt knows no mirror of Debian's or Ubuntu's \"$release\"; run apt-get update first"
options=(-q -o "Dir::Etc::SourceList=$PWD/valkey.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache::archives=$PWD/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
# The folder may be closed to the user that apt takes otherwise.
if [ "$(id -u)" = 0 ]; then options+=(-o APT::Sandbox::User=root); fi
# A mirror without backports is no harm where the release itself has it.
apt-get "${options[@]}" update || echo 'scripts/valkey.sh: some of these lists could not be read' >&2
apt-get "${options[@]}" download valkey-server valkey-tools ||
  fail "neither $release nor $release-backports has it at $(awk '{ print $2 }' valkey.list | sort -u | paste -sd ' ')"
for package in *.deb; do dpkg -x "$package" .; done
rm -r -- *.deb lists archives valkey.list
mv "$folder.new" "$folder"
"$program" --version || fail 'it does not run here; apt-get install redis-server, whose libraries it takes'
