#!/bin/sh
# Installs what the benchmarks compare with: npm packages, and with the Python given PyPI's, into the folder given, and
# what the system lacks by its package manager if that may be used. What cannot be had is named, and the benchmarks then
# skip it.
set -u
list=$(dirname "$0")/versions.txt
into=$1
python=$2
mkdir -p "$into"

"$python" -m pip install --quiet --target "$into/pip" --upgrade $(awk '$1 == "pypi" { print $2 }' "$list") ||
  echo "pip could not install its packages: those servers are skipped" >&2

if command -v npm > /dev/null; then
  # Install scripts are not run: all of them are plain JavaScript, or a jar.
  npm install --prefix "$into" --ignore-scripts --no-audit --no-fund --loglevel=error $(awk '$1 == "npm" { print $2 }' "$list") ||
    echo "npm could not install its packages: those servers are skipped" >&2
else
  echo "npm is not installed: the servers that it installs are skipped" >&2
fi

lacking=
for pair in nginx:nginx-light wrk:wrk java:default-jre-headless valgrind:valgrind; do
  PATH=$PATH:/usr/sbin command -v "${pair%%:*}" > /dev/null || lacking="$lacking ${pair#*:}"
done
[ -z "$lacking" ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $lacking > /dev/null && exit 0
fi
echo "not installed, so what needs them is skipped:$lacking (apt-get install$lacking)" >&2
