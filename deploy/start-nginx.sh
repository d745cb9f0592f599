#!/bin/sh
# The example as it is, with the two addresses that it has here. The first is a name, which is asked for again and again: a container that is
# made anew has another address.
set -eu
edge=${EDGE:-/tmp/edge} example=${EXAMPLE:-/etc/dateline/nginx.conf}
names=$(awk '$1 == "nameserver" { print ($2 ~ /:/ ? "[" $2 "]" : $2); exit }' /etc/resolv.conf)
mkdir -p "$edge/tmp" "$edge/cache"
sed "s/server 127.0.0.1:8000;/zone dateline 64k; resolver $names valid=5s; server reading:8000 resolve;/; s/127.0.0.1:8080/8080/" \
    "$example" >"$edge/nginx.conf"
exec nginx -p "$edge" -c nginx.conf -g 'daemon off;'
