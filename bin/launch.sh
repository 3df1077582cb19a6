# Sourced by ./anamo and bin/anamo, which set `root` to the folder of the package. Needs no more than the bash 3.2 of macOS.

# Node.js forgets that it was started with SIGHUP ignored, as nohup does; a shell is not interrupted by it.
hangup_ignored=1
trap 'hangup_ignored=' HUP
kill -HUP $$
trap - HUP
[[ -z $hangup_ignored ]] || export ANAMO_IGNORE_HANGUP=1

# A checkout has its own Node.js.
node=$root/node_modules/node/bin/node
if [[ ! -x $node ]] && ! node=$(type -P node); then
  echo 'anamo: Node.js is not installed, or not on the PATH: https://nodejs.org (22.13 or newer)' >&2
  exit 2
fi
# The name tells the command how it was called, for the lines that it prints to be copied.
exec -a "$0" "$node" "$root/bin/start.cjs" "$@"
