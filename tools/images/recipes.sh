# How each step of make-images is done: one function per step, in the order of its table.  A step
# may be interrupted anywhere; it begins by throwing away what it left half done.  Each runs in a
# shell of its own that stops at the first error, with its output in a log.
# Sourced by make-images, which sets $cache, $jobs and $recipes.
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2164

triplet=ia64-linux-gnu
sysroot=$cache/sysroot

# An empty build/NAME to work in; prints its path.
fresh_build()
{
    rm -rf "$cache/build/$1"
    mkdir -p "$cache/build/$1"
    echo "$cache/build/$1"
}

# The unpacked source NAME, src/NAME; COMMAND is run in an empty folder to unpack it, once, and
# again when the command or the downloaded packages have changed.
source_tree()
{
    local name=$1 part=$cache/src/unpacking recipe
    recipe=$(declare -f "$2" && cat "$cache/stamps/sources")
    if [ "$recipe" != "$(cat "$cache/src/$name.recipe" 2>/dev/null)" ]; then
        rm -rf "$part" "$cache/src/$name" "$cache/src/$name.recipe"
        mkdir -p "$part"
        (cd "$part" && "${@:2}") >&2
        mv "$part" "$cache/src/$name"
        echo "$recipe" >"$cache/src/$name.recipe"
    fi
    echo "$cache/src/$name"
}

# Unpacks a tar file inside a .deb, without its first folder.
inner_tar()
{
    dpkg-deb --fsys-tarfile "$cache/deb/$1"/*.deb | tar -xO --wildcards "./usr/src/$2" | xz -d |
        tar -x --strip-components=1
}

linux_source()
{
    source_tree linux inner_tar linux-source-6.1 'linux-source-6.1.tar.xz'
}

gcc_source()
{
    source_tree gcc inner_tar gcc-12-source 'gcc-12/gcc-12*.tar.xz'
}

# The C library says it needs Linux 3.2.18 on this processor; with two changes, one static program
# runs on kernels of both ages: a lower number, and fstat by the system call of that name, because
# kernels before 2.6.39 refuse to look at a file without a path (AT_EMPTY_PATH).  And it would make
# its dynamic linker among the libraries, which we do not want and cannot make: see step_glibc.
unpack_glibc()
{
    inner_tar glibc-source 'glibc/glibc-2.36.tar.xz'
    edit sysdeps/unix/sysv/linux/ia64/configure \
        's/^arch_minimum_kernel=.*/arch_minimum_kernel=2.6.32/'
    edit sysdeps/unix/sysv/linux/fstat64.c \
        's/^#include <errno.h>/&\n#include <sysdep.h>\n#undef fstat/' \
        's/__fstatat64_time64 (fd, "", buf, AT_EMPTY_PATH)/INLINE_SYSCALL_CALL (fstat, fd, buf)/'
    edit elf/Makefile '/^lib-noranlib: .*rtld-installed-name/,/[^\]$/d'
}

# Changes a source file; each of the sed commands must have an effect.
edit() # file, commands
{
    local command
    for command in "${@:2}"; do
        cp "$1" "$1.before"
        sed -i "$command" "$1"
        ! cmp -s "$1" "$1.before" || die "$1 is not what the recipe expects: $command"
        rm "$1.before"
    done
}

unpack_busybox()
{
    dpkg-source --no-check -x "$cache"/deb/busybox/*.dsc tree
    (shopt -s dotglob && mv tree/* .)
    rmdir tree
}

step_sources()
{
    download_sources
}

step_headers()
{
    local source build
    source=$(linux_source)
    build=$(fresh_build headers)
    make -C "$source" O="$build" ARCH=ia64 -j"$jobs" headers
    mkdir -p "$sysroot/usr/include"
    (cd "$build/usr/include" && find . -name '*.h' -print0 | tar -c --null -T -) |
        tar -x -C "$sysroot/usr/include"
    rm -rf "$build"
}

# The compiler proper, and its run-time library as far as that goes without a C library: no
# threads, no unwinding.  The Debian tarball lacks the manuals' sources: nothing may try to format
# them.  The build tree is kept for step_libgcc.
step_compiler()
{
    local source build
    source=$(gcc_source)
    build=$(fresh_build compiler)
    cd "$build"
    "$source/configure" --prefix="$cache" --target=$triplet --with-sysroot="$sysroot" \
        --with-as="$(command -v $triplet-as)" --with-ld="$(command -v $triplet-ld)" \
        --with-glibc-version=2.36 --enable-languages=c --enable-threads=posix --disable-shared \
        --disable-bootstrap --disable-multilib --disable-nls --disable-lto --disable-plugin \
        --disable-decimal-float --disable-libssp --disable-libgomp --disable-libquadmath \
        --disable-libatomic --disable-libsanitizer --disable-libcc1 \
        CFLAGS=-O2 CXXFLAGS=-O2 MAKEINFO=true
    make -j"$jobs" all-gcc MAKEINFO=true
    make configure-target-libgcc MAKEINFO=true
    ln -sf "$source/libgcc/gthr-single.h" $triplet/libgcc/gthr-default.h
    make -j"$jobs" all-target-libgcc MAKEINFO=true CFLAGS_FOR_TARGET='-O2 -Dinhibit_libc'
    touch gcc/s-tm-texi
    make install-strip-gcc install-target-libgcc MAKEINFO=true
}

# Static only.  The makefiles cannot do without shared libraries altogether, but with one suffix
# for objects instead of three they compile everything once, for the archives.  Programs of the
# library's own (locale, iconv, ...) are neither built nor needed.  Half of the archives are empty:
# what was in them is in libc.a today, but programs still name them.
step_glibc()
{
    local source build archive
    source=$(source_tree glibc unpack_glibc)
    build=$(fresh_build glibc)
    cd "$build"
    "$source/configure" --prefix=/usr --host=$triplet --build="$("$source/scripts/config.guess")" \
        --with-headers="$sysroot/usr/include" --enable-kernel=2.6.32 --disable-werror \
        --disable-profile --disable-nscd CC=$triplet-gcc CFLAGS=-O2 \
        libc_cv_ssp=no libc_cv_ssp_strong=no libc_cv_ssp_all=no \
        libc_cv_forced_unwind=yes libc_cv_c_cleanup=yes
    set -- objdir="$build" object-suffixes=.o object-suffixes-for-libc=.o
    make -j"$jobs" lib-noranlib "$@"
    make -r -C "$source" "$build/libc.a" "$@"
    for archive in math/libm crypt/libcrypt resolv/libresolv rt/librt nptl/libpthread dlfcn/libdl \
        login/libutil; do
        make -j"$jobs" -r -C "$source/${archive%/*}" subdir="${archive%/*}" ..=../ "$@" \
            "$build/$archive.a"
    done
    make install-headers install_root="$sysroot"
    : >"$sysroot/usr/include/gnu/stubs.h"
    mkdir -p "$sysroot/usr/lib"
    cp libc.a ./*/lib{m,crypt,resolv,rt,pthread,dl,util}.a csu/{crt1,crti,crtn,gcrt1}.o \
        "$sysroot/usr/lib"
    rm -rf "$build"
}

# Now that there are C headers: libgcc again, with threads, and with the unwinder inside, which gcc
# would rather take from a library of its own that only exists shared.  Then the compiler's
# limits.h, which includes the library's.
step_libgcc()
{
    local source build lib
    [ -x "$cache/build/compiler/gcc/xgcc" ] || (step_compiler)
    source=$(gcc_source)
    build=$cache/build/compiler
    cd "$build"
    rm -rf $triplet/libgcc
    make -j"$jobs" all-target-libgcc MAKEINFO=true CFLAGS_FOR_TARGET=-O2
    make install-target-libgcc MAKEINFO=true
    lib=$(dirname "$($triplet-gcc -print-libgcc-file-name)")
    cd $triplet/libgcc
    $triplet-ar x libunwind.a fde-glibc.o unwind-ia64.o
    $triplet-ar d "$lib/libgcc.a" unwind-compat.o
    $triplet-ar rs "$lib/libgcc.a" fde-glibc.o unwind-ia64.o
    cat "$source"/gcc/{limitx,glimits,limity}.h >"$lib/include-fixed/limits.h"
    cp "$source/gcc/gsyslimits.h" "$lib/include-fixed/syslimits.h"
    try_compiler
    : >"$sysroot/usr/lib/.hosted"
}

# A program that pulls in threads, files, floating point and unwinding must link.
try_compiler()
{
    $triplet-gcc -static -O2 -Wall -Werror -pthread -x c -o try - -lm <<'END'
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
static void *thread(void *x)
{
    pthread_exit(x);
}
int main(int argc, char **argv)
{
    pthread_t t;
    pthread_create(&t, NULL, thread, argv[0]);
    pthread_join(t, NULL);
    return printf("%d %f %Lf\n", PATH_MAX, sin(argc), sqrtl(argc)) < 0;
}
END
    $triplet-readelf -h try | grep -q 'Machine: *Intel IA-64'
}

inputs_linux()
{
    echo "$recipes/linux-6.1.config"
}

# Time, user and host stand in the kernel's banner: fixed names and the age of the source, so that
# two builds are alike.
step_linux()
{
    local source build
    source=$(linux_source)
    build=$(fresh_build linux)
    sed '/=m$/d' "$source/arch/ia64/configs/generic_defconfig" |
        cat - "$recipes/linux-6.1.config" >"$build/.config"
    set -- make -C "$source" O="$build" ARCH=ia64 CROSS_COMPILE=$triplet- \
        KBUILD_BUILD_USER=epic64 KBUILD_BUILD_HOST=epic64 \
        KBUILD_BUILD_TIMESTAMP="$(date -u -r "$source/Makefile")"
    "$@" olddefconfig
    check_config "$build/.config" "$recipes/linux-6.1.config"
    "$@" -j"$jobs" vmlinux
    mkdir -p "$cache/images"
    $triplet-strip -g -o "$build/stripped" "$build/vmlinux"
    cp "$build/.config" "$cache/images/vmlinux-6.1.config"
    mv "$build/stripped" "$cache/images/vmlinux-6.1"
    rm -rf "$build"
}

# Every option asked for must have been granted.
check_config() # .config, what was asked for
{
    local line bad=
    while read -r line; do
        case $line in
        CONFIG_*=n) if grep -q "^${line%n}" "$1"; then bad+=" $line"; fi ;;
        CONFIG_*) if ! grep -qx "$line" "$1"; then bad+=" $line"; fi ;;
        esac
    done <"$2"
    [ -z "$bad" ] || die "the configuration does not take:$bad"
}

inputs_busybox()
{
    echo "$recipes/init" "$recipes/initramfs.list"
}

# tc, the traffic shaper, does not compile with current kernel headers.  All times in there are the
# age of the source, too.
step_busybox()
{
    local source linux build
    source=$(source_tree busybox unpack_busybox)
    linux=$(linux_source)
    build=$(fresh_build busybox)
    SOURCE_DATE_EPOCH=$(date -r "$source/Makefile" +%s)
    export SOURCE_DATE_EPOCH
    set -- make -C "$source" O="$build" CROSS_COMPILE=$triplet-
    "$@" defconfig
    sed -i 's/.*CONFIG_STATIC[ =].*/CONFIG_STATIC=y/; s/^CONFIG_TC=.*/CONFIG_TC=n/' "$build/.config"
    "$@" silentoldconfig </dev/null
    "$@" -j"$jobs" busybox
    gcc -O2 -o "$build/gen_init_cpio" "$linux/usr/gen_init_cpio.c"
    cp "$recipes/init" "$build/init.sh"
    touch -d "@$SOURCE_DATE_EPOCH" "$build/init.sh" "$build/busybox"
    mkdir -p "$cache/images"
    (cd "$build" && ./gen_init_cpio -t 0 "$recipes/initramfs.list" >initramfs.cpio)
    gzip -9n "$build/initramfs.cpio"
    mv "$build/initramfs.cpio.gz" "$cache/images/initrd.gz"
    rm -rf "$build"
}
