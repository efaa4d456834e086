#!/bin/bash
# mariadb.sh DIRECTORY COMMAND...: runs the command while a fresh MariaDB server of the host's listens on 127.0.0.1:3306,
# with an account slurm (password slurm) that may do all. Its data lie in DIRECTORY.
set -euo pipefail
data=$1
shift
mkdir -p "$data"
user=$(id -un)
mariadb-install-db --no-defaults --user="$user" --datadir="$data/db" --auth-root-authentication-method=normal \
    --skip-test-db >"$data/install.log" 2>&1
cat >"$data/init.sql" <<'SQL'
CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm';
CREATE USER 'slurm'@'localhost' IDENTIFIED BY 'slurm';
GRANT ALL ON *.* TO 'slurm'@'127.0.0.1';
GRANT ALL ON *.* TO 'slurm'@'localhost';
SQL
/usr/sbin/mariadbd --no-defaults --user="$user" --datadir="$data/db" --bind-address=127.0.0.1 --port=3306 \
    --socket="$data/socket" --pid-file="$data/pid" --init-file="$data/init.sql" --innodb-buffer-pool-size=64M \
    --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=0 >"$data/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
for ((end = SECONDS + 60; SECONDS < end; )); do
    (exec 9<>/dev/tcp/127.0.0.1/3306) 2>/dev/null && break
    sleep 0.2
done
"$@"
