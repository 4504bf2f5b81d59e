# Sourced by the other scripts: finds Python and keeps .venv as the pinned requirements say.
# shellcheck shell=bash

find_python() {
  local name
  for name in "${PLIMSOLL_PYTHON:-}" python3.11 python3.12 python3.13 python3 python; do
    if [[ -n $name ]] && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo "plimsoll: wanted Python 3.11 or newer, found none; install it, or set PLIMSOLL_PYTHON to its path" >&2
  return 2
}

install_debian() { # names of packages
  local as_root=(env DEBIAN_FRONTEND=noninteractive)
  if ! command -v apt-get >/dev/null; then
    echo "plimsoll: missing: $*; there is no apt-get here, install what provides them by hand" >&2
    return 2
  fi
  if ((EUID != 0)); then
    as_root=(sudo "${as_root[@]}")
  fi
  echo "installing with apt-get: $*" >&2
  "${as_root[@]}" apt-get -qq update >&2 || return
  "${as_root[@]}" apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

make_venv() {
  local python
  python=$(find_python) || return
  echo "creating .venv with $("$python" --version)" >&2
  if "$python" -m venv --clear .venv >/dev/null; then
    return
  fi
  rm -rf .venv # half made, and without pip
  # Debian keeps what venv needs in a package of its own
  install_debian "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" || return
  if ! "$python" -m venv --clear .venv; then
    rm -rf .venv
    echo "plimsoll: $python -m venv cannot make .venv; its message is above" >&2
    return 2
  fi
}

venv_works() { # an interrupted installation leaves a Python without pip
  .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
    .venv/bin/python -m pip --version >/dev/null 2>&1
}

set_up() { # requirement files to install, from the root of the checkout; does nothing when nothing changed
  local stamp=.venv/plimsoll.stamp file wanted missing=
  if ! venv_works; then
    make_venv || return
  fi
  wanted=$(sha256sum pyproject.toml "$@" && echo "$PWD")
  while IFS= read -r file; do
    grep -qxF -- "$file" "$stamp" 2>/dev/null || missing=yes
  done <<<"$wanted"
  if [[ -z $missing ]]; then
    return
  fi
  echo "installing $*" >&2
  rm -f "$stamp"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes "${@/#/--requirement=}"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
  echo "$wanted" >"$stamp"
}
