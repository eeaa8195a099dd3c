#!/bin/sh
# SPDX-License-Identifier: MIT
# On a full disk, or at the most that a file may have, a command says so, once, and ends with 6; a call goes
# on until then.
#
#   unwritten_output.sh DUET
set -eu
duet=$1
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
export LC_ALL=C

fail() { echo "$1"; cat "$folder"/*.err; exit 1; }

# ended CODE COMMAND...: its stdout has no room
ended() {
  wanted=$1
  shift
  code=0
  "$@" >/dev/full 2>"$folder/one.err" || code=$?
  [ "$code" = "$wanted" ] || fail "$*: $code instead of $wanted"
  [ "$(grep -c 'No space left on device' "$folder/one.err")" = 1 ] || fail "$*: is not told once"
}
ended 6 "$duet" devices
ended 6 "$duet" version
ended 6 "$duet" loop --json
ended 6 "$duet" loop --json --size 160x90 --duration 1s
(
  ulimit -f 0
  code=0
  "$duet" version >"$folder/version.out" 2>/dev/null || code=$?
  [ "$code" = 6 ] || fail "version into a file that can't grow: $code instead of 6"
)

# A recording that fails with its last bytes has failed as well.
ln -s /dev/full "$folder/full.mkv"
# lost SENTENCE COMMAND...: what was to be stored is not
lost() {
  wanted=$1
  shift
  code=0
  "$@" >"$folder/one.out" 2>"$folder/one.err" || code=$?
  [ "$code" = 6 ] || fail "$*: $code instead of 6"
  [ "$(grep -c "$wanted" "$folder/one.err")" = 1 ] || fail "$*: is not told once"
}
lost 'The disk is full, so the recording ended' "$duet" loop --size 160x90 --record "$folder/full.mkv" --duration 300ms
(
  ulimit -f 100
  lost "can't grow further" "$duet" loop --size 320x180 --record "$folder/limit.mkv" --duration 4s
)

"$duet" serve --listen 127.0.0.1:0 --state-dir "$folder/state" >"$folder/serve.out" 2>"$folder/serve.err" &
server=$!
link=
until [ -n "$link" ]; do
  kill -0 "$server" || fail "no server"
  sleep 0.1
  link=$(grep -ho 'http://localhost:[0-9]*' "$folder/serve.out" "$folder/serve.err" | head -n 1) || true
done
call="$duet call $link/r/full --video none --audio tone --show none --play none --wait 30s"
$call 2>"$folder/other.err" >"$folder/other.out" &
# shellcheck disable=SC2086 # words of a command
ended 6 $call --duration 1s --json
wait $! || fail "the other end did not end well"
# A reader that has read enough is none of that.
"$duet" call "$link/r/gone" --json --wait 1s --video none --audio none --show none --play none 2>"$folder/gone.err" | head -n 1
! grep -q 'written' "$folder/gone.err" || fail "a reader that went away"
# Pictures to be stored come from the other end.
"$duet" call "$link/r/store" --video pattern --size 160x90 --audio none --show none --play none --duration 1s >"$folder/other.out" 2>"$folder/other.err" &
lost 'The snapshot .* No space left on device' "$duet" call "$link/r/store" --video none --audio none --show none --play none \
  --snapshot /dev/full
wait $! || fail "the other end did not end well"
