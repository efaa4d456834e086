#!/bin/bash
# release_https.sh LAB PORT: what release_test.sh runs in a bare system on the network of a https server, whose certificate
# is $LAB/tls.pem: the tool trusts what the system trusts, wherever distributions keep that.
set -euo pipefail
lab=$1 mirror=https://127.0.0.1:$2
export HOME=/root
tar -x -z -f "$lab/tool.tar.gz" -C /opt
tool=$(echo /opt/slurm-factory-*/bin/slurm-factory)

of_mirror() { "$tool" doctor --mirror "$mirror" 2>&1 | grep -F "$mirror" || true; }
says() { # TEXT
    local found
    found=$(of_mirror)
    [[ $found == *"$1"* ]] || { echo "FAILED: no '$1' in: $found"; exit 1; }
}
rm -rf /etc/ssl /etc/pki
says "cannot be reached"
for place in /etc/ssl/certs/ca-certificates.crt /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem \
    /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
    mkdir -p "$(dirname "$place")"
    cp "$lab/tls.pem" "$place"
    says "answers in "
    rm "$place"
done
echo "--- https: all well"
