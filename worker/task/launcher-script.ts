/**
 * The bash helper of one slot. It forks small bash processes where `child_process.spawn` would fork all of Node on its
 * main thread (0.7 to 1.5 ms each, in which no timer fires, and more with every megabyte that the worker holds).
 *
 * - A string, so that it survives bundling. `$1` is the task file, written anew before each line on stdin.
 * - `set -m` puts every task into a process group of its own, and leaves its signals as they are by default. It is off
 *   while the helper waits, as `wait` would take a task that somebody stopped for one that ended.
 * - `wait` returns at once for a trapped signal: whoever ends the helper ends its task.
 * - `times` prints what the helper used, then what all tasks so far used.
 */
export const LAUNCHER_SCRIPT = `
running=
trap '[ -z "$running" ] || kill -KILL -- "-$!"; exit 143' TERM
while read -r _; do
  running=1
  set -m
  ( . "$1" ) &
  set +m
  echo "start $!"
  wait $!
  status=$?
  kill -KILL -- "-$!"
  running=
  times
  echo "end $status"
done
`;

/**
 * Ends the helpers whose pids it was told when the worker's end of its stdin is closed without a word: a worker that
 * was killed cannot stop its tasks, and the next one would run the same items beside them. `$1` is the folder of the task
 * files, which goes as well.
 */
export const GUARD_SCRIPT = `
helpers=
while read -r pid; do
  [ "$pid" != bye ] || exit 0
  helpers="$helpers $pid"
done
[ -z "$helpers" ] || kill -TERM $helpers
rm -rf -- "$1"
`;
