#!/bin/sh
# Prove both commands in a bare Debian 12 that has python3, python3-venv, make and git, and nothing else.
#
#   sh deploy/bare_debian.sh            make demo, until a page is served and something was bought
#   sh deploy/bare_debian.sh --test     make test as well
#   sh deploy/bare_debian.sh --keep     leave the folder
#
# Run as root. The folder is made by debootstrap from the mirror that this machine's apt uses; where pip
# and apt are configured for a proxy or certificates of their own, their configuration is taken along.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${BARE_FOLDER:-/var/tmp/monidesk-bare}
port=${PORT:-8123}
page=${BARE_PAGE:-/}
test_too=no
keep=no
for word in "$@"; do
    case $word in
        --test) test_too=yes ;;
        --keep) keep=yes ;;
        *) echo "Unknown word: $word" >&2; exit 2 ;;
    esac
done
[ "$(id -u)" = 0 ] || { echo "debootstrap and chroot need root." >&2; exit 1; }
if ! command -v debootstrap > /dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends debootstrap
fi

# The first mirror that is Debian's own for bookworm, from either format of apt's sources.
# shellcheck disable=SC2016 # apt fills these in
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' \
    | awk '$1 == "bookworm" && $2 ~ /debian/ { print $2; exit }')
[ -n "$mirror" ] || { echo "apt on this machine knows no Debian 12 mirror." >&2; exit 1; }

mounted=""
demo=""
finish() {
    status=$?
    if [ -n "$demo" ]; then
        # A shell's background programs are deaf to Ctrl-C: the supervisor is asked, and make after it.
        kill -TERM "$(cut -d' ' -f1 "$folder/srv/monidesk/var/demo.lock" 2> /dev/null)" 2> /dev/null || kill -TERM "$demo" || true
        wait "$demo" 2> /dev/null || true
    fi
    for place in $mounted; do umount -l "$place" 2> /dev/null || true; done
    # Never remove a folder into which something of this machine is still mounted.
    if [ $keep = no ] && ! grep -q " $folder/" /proc/mounts; then rm -rf --one-file-system "$folder"; fi
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ ! -e "$folder/etc/debian_version" ]; then
    echo "Making a bare Debian 12 in $folder"
    rm -rf --one-file-system "$folder"
    debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates bookworm \
        "$folder" "$mirror" > "$folder.log" 2>&1 || { tail -20 "$folder.log" >&2; exit 1; }
fi
mkdir -p "$folder/dev/shm"
mount -t proc proc "$folder/proc" && mounted="$folder/proc $mounted"
mount --bind /dev "$folder/dev" && mounted="$folder/dev $mounted"
for inner in shm pts; do
    if [ -d /dev/$inner ]; then mount --bind /dev/$inner "$folder/dev/$inner" && mounted="$folder/dev/$inner $mounted"; fi
done

# The way to the package registries, as this machine has it.
cp -L /etc/resolv.conf "$folder/etc/resolv.conf" 2> /dev/null || true
cp -L /etc/hosts "$folder/etc/hosts" 2> /dev/null || true
for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    if [ -f "$file" ]; then mkdir -p "$folder$(dirname "$file")" && cp -L "$file" "$folder$file"; fi
done
cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"
cp -r /etc/apt/apt.conf.d/. "$folder/etc/apt/apt.conf.d/" 2> /dev/null || true
for source in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [ -f "$source" ]; then
        rm -f "$folder/etc/apt/sources.list"
        mkdir -p "$folder$(dirname "$source")"
        cp "$source" "$folder$source"
        break
    fi
done
# Folders of packages that pip is told to look into on this machine.
for local in $(python3 -m pip config list 2> /dev/null | grep -o "/[A-Za-z0-9/_.-]*" | sort -u) ${PIP_FIND_LINKS:-}; do
    # An index in a folder points to files beside it.
    case $local in */simple) local=${local%/simple} ;; esac
    if [ -d "$local" ] && [ "$local" != / ] && ! grep -q " $folder$local " /proc/mounts; then
        mkdir -p "$folder$local"
        mount --bind -o ro "$local" "$folder$local" && mounted="$folder$local $mounted"
    fi
done

git -c safe.directory='*' clone -q "$here" "$folder/srv/monidesk.new"
rm -rf "$folder/srv/monidesk" && mv "$folder/srv/monidesk.new" "$folder/srv/monidesk"

inside() { chroot "$folder" /usr/bin/env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 PORT="$port" MONIDESK_NO_DEMO_DATA="${MONIDESK_NO_DEMO_DATA:-}" "$@"; }

echo "make demo, on port $port"
began=$(date +%s)
inside make -C /srv/monidesk demo > "$folder.demo.log" 2>&1 &
demo=$!
waited=0
until python3 - "$port$page" 2> /dev/null << 'ASK'
import sys, urllib.request
page = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}", timeout=5)
assert page.status == 200 and b"</html>" in page.read()
ASK
do
    kill -0 "$demo" 2> /dev/null || { demo=""; cat "$folder.demo.log" >&2; echo "make demo ended." >&2; exit 1; }
    waited=$((waited + 2))
    [ $waited -lt 1200 ] || { tail -30 "$folder.demo.log" >&2; echo "No page within 20 minutes." >&2; exit 1; }
    sleep 2
done
echo "A page was served after $(($(date +%s) - began)) seconds."
if [ "${MONIDESK_NO_DEMO_DATA:-}" != 1 ]; then
    # shellcheck disable=SC2016 # the inner shell expands it
    inside sh -c 'cd /srv/monidesk && .venv/bin/python -m deploy.purchase "$0" harbour-pine' "http://127.0.0.1:$port"
    grep "^Done in" "$folder.demo.log" | sed 's/^Done/The demo data was made/'
fi
supervisor=$(cut -d' ' -f1 "$folder/srv/monidesk/var/demo.lock")
kill -INT "$supervisor"
wait "$demo" || true
demo=""
grep -q "Everything is stopped" "$folder.demo.log" || { tail -30 "$folder.demo.log" >&2; exit 1; }
echo "It was stopped cleanly."

if [ $test_too = yes ]; then
    echo "make test"
    began=$(date +%s)
    inside make -C /srv/monidesk test
    echo "make test took $(($(date +%s) - began)) seconds."
fi
echo "Both commands work in a bare Debian 12." | if [ $test_too = yes ]; then cat; else sed 's/Both commands work/make demo works/'; fi
