#!/bin/sh
# Creates the certificates of this folder: `sh make.sh`. All except the issuer of `impostor.pem` share `key.pem`.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl ecparam -name prime256v1 -genkey -noout -out "$work/other.pem"

# issue FILE NAME FROM TO ISSUER-CERTIFICATE ISSUER-KEY EXTENSION...   (`self` signs itself)
issue() {
    file=$1 name=$2 from=$3 to=$4 issuer=$5 issuer_key=$6
    shift 6
    printf '%s\n' "$@" >"$work/extensions"
    : >"$work/index" && rm -f "$work/index.attr"
    printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\nunique_subject=no\ndefault_md=sha256\npolicy=p\nx509_extensions=\n[p]\ncommonName=supplied\n' \
        "$work/index" "$work" >"$work/config"
    own_key=key.pem
    test "$issuer" != self || own_key=$issuer_key
    openssl req -new -key "$own_key" -subj "/CN=$name" -out "$work/request"
    if test "$issuer" = self; then set -- -selfsign; else set -- -cert "$issuer"; fi
    openssl ca -batch -notext -config "$work/config" -extfile "$work/extensions" -keyfile "$issuer_key" \
        "$@" -startdate "$from" -enddate "$to" -in "$work/request" -out "$file" 2>/dev/null
}

here='subjectAltName=DNS:localhost,IP:127.0.0.1'
server='extendedKeyUsage=serverAuth'
leaf='basicConstraints=CA:FALSE'
authority='basicConstraints=critical,CA:TRUE'
signs='keyUsage=critical,keyCertSign'
past=20200101000000Z soon=20210101000000Z far=21100101000000Z end=21200101000000Z

issue ca.pem 'cvm-transport test CA' $past $end self key.pem "$authority" "$signs"
issue good.pem good $past $end ca.pem key.pem "$here" "$leaf" "$server"
issue elsewhere.pem elsewhere $past $end ca.pem key.pem 'subjectAltName=DNS:elsewhere.example' "$leaf" "$server"
issue nameless.pem 127.0.0.1 $past $end ca.pem key.pem "$leaf" "$server"
issue expired.pem expired $past $soon ca.pem key.pem "$here" "$leaf" "$server"
issue future.pem future $far $end ca.pem key.pem "$here" "$leaf" "$server"
issue client-only.pem client $past $end ca.pem key.pem "$here" "$leaf" 'extendedKeyUsage=clientAuth'
issue alone.pem alone $past $end self key.pem "$here" 'basicConstraints=critical,CA:FALSE'
issue middle.pem middle $past $end ca.pem key.pem "$authority" "$signs"
issue through-middle.pem through-middle $past $end middle.pem key.pem "$here" "$leaf" "$server"
issue through-leaf.pem through-leaf $past $end good.pem key.pem "$here" "$leaf" "$server"
issue "$work/impostor.pem" 'cvm-transport test CA' $past $end self "$work/other.pem" "$authority" "$signs"
issue impostor.pem impostor $past $end "$work/impostor.pem" "$work/other.pem" "$here" "$leaf" "$server"
