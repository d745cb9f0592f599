#!/usr/bin/env bash
# A streaming replica of `db`: copied when it is started for the first time, followed from then on.
set -euo pipefail
data=/var/lib/postgresql/data
if [[ ! -s "$data/PG_VERSION" ]]; then
  pg_basebackup --host=db --username=dateline --pgdata="$data" --write-recovery-conf --wal-method=stream --checkpoint=fast
  chmod 0700 "$data"
fi
exec postgres -D "$data" -c hot_standby=on "$@"
