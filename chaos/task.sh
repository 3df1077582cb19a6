# What every task of a chaos run does; sourced by its script: . task.sh KIND SECONDS [ITEM:TASKS…]
# Writes each start (S) and end (E) to a separate file, and its result under a new name before moving it into place.
# Also writes down which of the items that it waits for lack results (X).
chaos_file="$ANAMO_CHAOS_LEDGER/$ITEM_ID.$TASK_KEY"
echo "S $ATTEMPT" >>"$chaos_file"
for chaos_item in "${@:3}"; do
  for ((chaos_n = 0; chaos_n < ${chaos_item#*:}; chaos_n++)); do
    [[ -e "$ANAMO_CHAOS_LEDGER/${chaos_item%:*}.Task_$chaos_n.result" ]] ||
      echo "X $ATTEMPT ${chaos_item%:*}.Task_$chaos_n" >>"$chaos_file"
  done
done
case "$1" in
fail-always)
  sleep "$2"
  echo "E $ATTEMPT 7" >>"$chaos_file"
  exit 7
  ;;
fail-once)
  if [[ ! -e $chaos_file.failed ]]; then
    : >"$chaos_file.failed"
    echo "E $ATTEMPT 3" >>"$chaos_file"
    exit 3
  fi
  ;;
hang-once)
  if [[ ! -e $chaos_file.hung ]]; then
    : >"$chaos_file.hung"
    sleep 60
  fi
  ;;
loud) head -c 30000 /dev/urandom | base64 ;;
esac
sleep "$2"
printf '%s %s\n' "$ITEM_ID" "$TASK_KEY" >"$chaos_file.part.$ATTEMPT"
mv "$chaos_file.part.$ATTEMPT" "$chaos_file.result"
echo "E $ATTEMPT 0" >>"$chaos_file"
