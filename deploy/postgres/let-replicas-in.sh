#!/usr/bin/env bash
# Run once, when the database is made: whoever has the password may stream what is committed.
set -euo pipefail
echo "host replication all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
