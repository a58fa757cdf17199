# Sourced by ./run and ./test: finds what they need, and installs what the distribution has.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# The .NET 10 SDK is not a distribution's package everywhere: it is only looked for.
need_dotnet() {
    if ! command -v dotnet >/dev/null && [ -x "$HOME/.dotnet/dotnet" ]; then
        export PATH=$HOME/.dotnet:$PATH DOTNET_ROOT=$HOME/.dotnet
    fi
    if ! command -v dotnet >/dev/null || ! dotnet --list-sdks 2>/dev/null | grep '^10\.' >/dev/null; then
        fail "The .NET 10 SDK is needed. Get it from https://dot.net/download, or with
  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
(the second puts it into ~/.dotnet, where this script finds it)."
    fi
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
}

# Whether any of these patterns names a file; ls would fail for one that does not, though others do.
any_file() {
    local pattern
    for pattern in "$@"; do
        if compgen -G "$pattern" >/dev/null; then return 0; fi
    done
    return 1
}
have_postgres() {
    command -v initdb >/dev/null || any_file '/usr/lib/postgresql/*/bin/initdb' '/usr/libexec/postgresql*/initdb' \
        '/opt/homebrew/opt/postgresql*/bin/initdb' '/usr/local/opt/postgresql*/bin/initdb'
}
have_sodium() {
    # Not grep -q: it ends at the first match, ldconfig dies of the broken pipe, and pipefail takes that for "not found".
    { command -v ldconfig >/dev/null && ldconfig -p 2>/dev/null | grep 'libsodium\.so' >/dev/null; } ||
        any_file '/usr/lib/*/libsodium.so.*' '/usr/lib64/libsodium.so.*' '/usr/lib/libsodium.so.*' \
            /opt/homebrew/lib/libsodium.dylib /usr/local/lib/libsodium.dylib
}
have_rabbitmq() { command -v rabbitmq-server >/dev/null || [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] ||
    [ -x /usr/sbin/rabbitmq-server ] || [ -x /opt/homebrew/sbin/rabbitmq-server ]; }
have_nginx() { command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; }
have_curl() { command -v curl >/dev/null; }
have_setsid() { command -v setsid >/dev/null; }
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_nio() { /usr/bin/python3 -c 'import nio' >/dev/null 2>&1; }
have_node() { command -v node >/dev/null && command -v npm >/dev/null; }

# need WHAT… : installs what is missing of the things named above.
need() {
    local what missing=()
    for what in "$@"; do "have_$what" || missing+=("$what"); done
    if [ ${#missing[@]} -eq 0 ]; then return; fi

    if command -v apt-get >/dev/null; then
        install_with_apt "${missing[@]}"
    else
        fail "Missing: ${missing[*]}. Install:
$(for what in "${missing[@]}"; do advice "$what"; done)"
    fi
    for what in "${missing[@]}"; do "have_$what" || fail "$what was installed and is still not found."; done
}

package() {
    case $1 in
        postgres) echo postgresql ;;
        sodium) apt-cache show libsodium23 >/dev/null 2>&1 && echo libsodium23 || echo libsodium26 ;;
        rabbitmq) echo rabbitmq-server ;;
        nginx) echo nginx-light ;;
        curl) echo curl ca-certificates ;;
        setsid) echo util-linux ;;
        chromium) echo chromium ;;
        nio) echo python3 python3-matrix-nio ;;
        node) echo nodejs npm ;;
    esac
}

install_with_apt() {
    local root=() packages=() what
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail "Missing: $*. Ask an administrator for: apt-get install $(for what in "$@"; do package "$what"; done | tr '\n' ' ')"
        root=(sudo)
    fi
    say "Installing: $*"
    "${root[@]}" apt-get update -qq </dev/null >&2 || say "apt-get update failed; trying with the lists that are there."
    for what in "$@"; do
        # shellcheck disable=SC2046 # several packages for one thing
        packages+=($(package "$what"))
    done
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        "${packages[@]}" </dev/null >&2 || fail "apt-get could not install: ${packages[*]}"
}

advice() {
    case $1 in
        postgres) say "  PostgreSQL: dnf install postgresql-server | apk add postgresql | brew install postgresql@17" ;;
        sodium) say "  libsodium: dnf install libsodium | apk add libsodium | brew install libsodium" ;;
        rabbitmq) say "  RabbitMQ: dnf install rabbitmq-server | apk add rabbitmq-server | brew install rabbitmq" ;;
        nginx) say "  nginx: dnf install nginx | apk add nginx | brew install nginx" ;;
        curl) say "  curl: dnf install curl | apk add curl | brew install curl" ;;
        setsid) say "  setsid: dnf install util-linux | apk add util-linux | brew install util-linux" ;;
        chromium) say "  Chromium: dnf install chromium | apk add chromium | brew install chromium" ;;
        nio) say "  matrix-nio: dnf install python3-matrix-nio | apk add py3-matrix-nio | pip install matrix-nio" ;;
        node) say "  Node.js: dnf install nodejs | apk add nodejs npm | brew install node" ;;
    esac
}
