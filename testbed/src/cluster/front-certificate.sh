#!/bin/bash
# An authority that is valid now, and a certificate of it for 127.0.0.1 with these dates.
# usage: front-certificate.sh DIR BEGINS ENDS     dates as openssl takes them, such as 20261130000000Z
set -euo pipefail
cd "$1"
rm -rf ca.*
printf '%s\n' '[ca]' 'default_ca=own' '[own]' 'database=ca.index' 'new_certs_dir=.' 'serial=ca.serial' 'policy=any' \
    'default_md=sha256' '[any]' 'commonName=supplied' '[leaf]' 'subjectAltName=IP:127.0.0.1' \
    'extendedKeyUsage=serverAuth' >ca.conf
: >ca.index
echo 01 >ca.serial
key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
openssl req -x509 -days 3650 "${key[@]}" -keyout ca.key -out ca.crt -subj /CN=front-authority
openssl req "${key[@]}" -keyout front.key -out front.csr -subj /CN=front
openssl ca -batch -notext -config ca.conf -cert ca.crt -keyfile ca.key -extensions leaf -startdate "$2" -enddate "$3" \
    -in front.csr -out front.crt
