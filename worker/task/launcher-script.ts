/**
 * The bash helper of one slot. It forks small bash processes, whereas `child_process.spawn` would fork all of Node on
 * its main thread (0.7 to 1.5 ms each, during which no timer fires, and longer with every megabyte that the worker
 * holds).
 *
 * - It is a string so that it survives bundling. `$1` is the task file, rewritten before each line on stdin.
 * - `set -m` gives every task its own process group, with default signal handling. It is off while the helper waits,
 *   because `wait` would otherwise return for a task that somebody has suspended.
 * - `wait` returns at once on a trapped signal, so ending the helper ends its task.
 * - Tasks print into the named pipes `$1.out` and `$1.err`, which the worker reads after `ready`. The helper also has
 *   them open, so a worker that is killed leaves no broken pipe to its tasks, which the guard is about to end.
 * - `times` prints the CPU time of the helper, then of all tasks so far.
 * - `end 0 group more`: the task left processes in its group, which the worker kills, and its pipes are not empty.
 *   Asking here costs less than an exception in Node for each empty pipe. Before version 4, bash cannot ask.
 */
export const LAUNCHER_SCRIPT = `
running=
[ "\${BASH_VERSINFO[0]}" -ge 4 ] && more= || more=" more"
trap '[ -z "$running" ] || kill -KILL -- "-$!"; exit 143' TERM
mkfifo -m 600 "$1.out" "$1.err" && exec 8<>"$1.out" 9<>"$1.err" && echo ready || exit 1
while read -r _; do
  running=1
  set -m
  ( . "$1" ) 8>&- 9>&- &
  set +m
  echo "start $!"
  wait $!
  status=$?
  kill -0 -- "-$!" && left=" group more" || { left=$more; running=; }
  [ "$left" ] || ! { read -t 0 -u 8 || read -t 0 -u 9; } || left=" more"
  times
  echo "end $status$left"
done
`;

/**
 * Reads pids of helpers and ends those helpers when its stdin closes without a `bye`: a worker that was killed cannot
 * stop its tasks, and the next worker would run the same items at the same time. Also removes `$1`, the folder of task
 * files, and on Linux kills what the tasks have started outside their process groups, recognized by `$2` in their
 * environment or `$3` at the beginning of their limit of file locks.
 */
export const GUARD_SCRIPT = `
helpers=
while read -r pid; do
  [ "$pid" != bye ] || exit 0
  helpers="$helpers $pid"
done
[ -z "$helpers" ] || kill -TERM $helpers
marked=$(grep -lazs "^ANAMO_TASK=.*$2[.]" /proc/[0-9]*/environ; grep -ls "^Max file locks  *$3[0-9]" /proc/[0-9]*/limits)
for file in $marked; do pid=\${file#/proc/}; kill -KILL "\${pid%/*}"; done
rm -rf -- "$1"
`;
