#!/usr/bin/env bash
# Prints the path of a Chromium for the tests in a browser and the screenshots, and installs one where there is none.
# CHROMIUM names another. Usage: requirements/chromium.sh PYTHON (an interpreter with playwright)
set -euo pipefail
python=$1

# Whatever is found must start: Ubuntu's `chromium-browser` is a hint to install a snap.
works() { "$1" --version > /dev/null 2>&1; }

on_path() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" > /dev/null && works "$name"; then command -v "$name"; return; fi
  done
  return 1
}

playwrights_own() {
  local path
  path=$("$python" -c 'from playwright.sync_api import sync_playwright as p
with p() as browsers: print(browsers.chromium.executable_path)')
  works "$path" && echo "$path"
}

by_apt() {
  command -v apt-get > /dev/null || return 1
  local root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null && sudo -n true 2> /dev/null || return 1
    root=(sudo)
  fi
  echo "Installing Chromium with apt-get, once ..." >&2
  # Without a font every letter of a page would be a box, and would measure like one.
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-liberation fonts-dejavu-core' >&2
}

by_playwright() {
  echo "Having playwright fetch its Chromium, once ..." >&2
  "$python" -m playwright install chromium >&2
}

if [ -n "${CHROMIUM:-}" ]; then
  works "$CHROMIUM" || { echo "CHROMIUM=$CHROMIUM does not start." >&2; exit 1; }
  echo "$CHROMIUM"
  exit
fi
on_path || playwrights_own || { by_apt && on_path; } || { by_playwright && playwrights_own; } || {
  echo "There is no Chromium, and none could be installed. Install Chromium or Google Chrome, or name one with CHROMIUM=..." >&2
  exit 1
}
