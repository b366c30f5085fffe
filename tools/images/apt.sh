# Debian source packages without touching the system: a private apt configuration in the cache
# folder, made from a copy of the user's own sources with "deb-src" switched on.  Keys stay those
# the user trusts (Signed-By is copied with the rest).  Only install_packages needs root.
# Sourced by make-images, which sets $cache.
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154

# What the steps run on the host, beyond what every Debian has.  .ci/packages is the list for epic64
# itself; this one is for the guest images only.
build_packages=(
    gcc g++ make libc6-dev            # build the cross compiler and the kernel's tools
    binutils-ia64-linux-gnu           # cross assembler and linker, used as they are
    libgmp-dev libmpfr-dev libmpc-dev # what gcc is linked with
    flex bison bc                     # gcc, glibc, kernel configuration
    gawk python3                      # glibc
    dpkg-dev patch bzip2 xz-utils     # unpacking source packages
)
# Debian packages that carry upstream sources, and one real source package.
source_packages=(gcc-12-source glibc-source linux-source-6.1)
deb_src_package=busybox

install_packages()
{
    local missing=() package sudo=()
    for package in "${build_packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "root is needed to install: ${missing[*]}" \
                "Install them, or sudo, and run this again."
        sudo=(sudo)
    fi
    echo "installing: ${missing[*]}"
    # The lists of a fresh machine are empty or old; a second failure is a real one.
    "${sudo[@]}" apt-get install -y --no-install-recommends "${missing[@]}" ||
        { "${sudo[@]}" apt-get update &&
          "${sudo[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } ||
        die "apt-get could not install: ${missing[*]}" "Is the network up? Is this Debian 12?"
}

# Both formats of apt: deb822 paragraphs (*.sources) and one line each (*.list).
write_apt_configuration()
{
    local apt=$cache/apt file
    rm -rf "$apt"
    mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/archives/partial"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -f "$file" ]; then
            sed -n -E 's/^deb[[:space:]](.*)/deb \1\ndeb-src \1/p' "$file" \
                >"$apt/parts/$(basename "$file")"
        fi
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        if [ -f "$file" ]; then
            sed -E 's/^Types:.*/Types: deb deb-src/' "$file" >"$apt/parts/${file##*/}"
        fi
    done
    cat >"$apt/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$apt/parts";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt";
Dir::Cache::Archives "$apt/archives";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
END
}

private_apt()
{
    "apt-$1" -c "$cache/apt/apt.conf" "${@:2}"
}

# Each package is a folder deb/NAME; a download that was cut short leaves none.
download_sources()
{
    local package fetched=$cache/deb/fetching
    write_apt_configuration
    # A third-party source that fails is no harm as long as ours can be had.
    private_apt get update || echo "apt-get update complained; going on"
    for package in "${source_packages[@]}" "$deb_src_package"; do
        if [ -d "$cache/deb/$package" ]; then continue; fi
        rm -rf "$fetched"
        mkdir -p "$fetched"
        echo "fetching $package"
        (
            cd "$fetched" || exit
            if [ "$package" = "$deb_src_package" ]; then
                private_apt get source --download-only "$package"
            else
                private_apt get download "$package"
            fi
        ) || die "could not download $package" \
            "Is the network up? The sources are packages of Debian 12 (bookworm), section main."
        mv "$fetched" "$cache/deb/$package"
    done
}
