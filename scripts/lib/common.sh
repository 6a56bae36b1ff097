# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every script needs: where things are, and what an architecture is called
# by Debian, by the kernel and by the compiler.

# shellcheck disable=SC2034  # used by the scripts that source this file
{
	top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	build=$top/build
	cache=$build/cache
}

export LC_ALL=C.UTF-8 # we read what other programs print

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# arch_names ARCH: sets arch (ours), deb_arch, kernel_arch and triplet.
arch_names() {
	# shellcheck disable=SC2034
	case $1 in
	arm64 | aarch64)
		arch=arm64 deb_arch=arm64 kernel_arch=arm64 triplet=aarch64-linux-gnu
		;;
	x86_64 | amd64)
		arch=x86_64 deb_arch=amd64 kernel_arch=x86 triplet=x86_64-linux-gnu
		;;
	*)
		die "unknown architecture '$1' (arm64 or x86_64)"
		;;
	esac
}

# as_root COMMAND...: run it as root, by sudo when we are not.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root: $*"
	fi
}
