#!/bin/sh
# The example as it is, with the two addresses that it has here.
set -eu
mkdir -p /tmp/edge/tmp /tmp/edge/cache
sed 's/127.0.0.1:8000/reading:8000/; s/127.0.0.1:8080/8080/' /etc/dateline/nginx.conf >/tmp/edge/nginx.conf
exec nginx -p /tmp/edge -c nginx.conf -g 'daemon off;'
