#!/bin/sh
# The network of a test: loopback, with an address that counts. getaddrinfo() with AI_ADDRCONFIG, as Slurm asks it, does
# not count 127.0.0.1 as one.
set -e
ip link set lo up
ip address add 192.0.2.1/32 dev lo
