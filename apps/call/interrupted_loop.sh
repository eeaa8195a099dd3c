#!/bin/sh
# SPDX-License-Identifier: MIT
# Ctrl-C is for the loop, whatever threads there are: the call ends in order.
#
#   interrupted_loop.sh DUET
set -eu
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# A shell has its background ignore SIGINT.
env --default-signal=INT "$1" loop --video pattern --audio tone --size 320x180 --duration 1m >"$said" 2>&1 &
loop=$!
until grep -q frame.first "$said"; do
  kill -0 "$loop" || { cat "$said"; exit 1; }
  sleep 0.1
done
kill -INT "$loop"
wait "$loop"
