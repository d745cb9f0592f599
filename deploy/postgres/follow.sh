#!/usr/bin/env bash
# A streaming replica of `db`: copied when it is started for the first time, followed from then on.
set -euo pipefail
data=/var/lib/postgresql/data
if [[ ! -s "$data/PG_VERSION" ]]; then
  # Beside, until it is whole: half a copy, of which the rest was cut off, would be taken for one.
  rm -rf "$data" "$data.partial"
  pg_basebackup --host=db --username=dateline --pgdata="$data.partial" --write-recovery-conf --wal-method=stream --checkpoint=fast
  chmod 0700 "$data.partial"
  mv "$data.partial" "$data"
fi
exec postgres -D "$data" -c hot_standby=on "$@"
