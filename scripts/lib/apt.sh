# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private apt: its own sources, lists and (empty) package status below
# build/cache/apt/SUITE, so that packages of any Debian suite and architecture
# can be downloaded and verified while the system's configuration stays as it is.
# Needs common.sh.

# mirror LABEL: base URI from which the system itself takes archive LABEL
# ("Debian" or "Debian-Security"). Empty when the system does not use it.
mirror() {
	# The $(...) are apt's own fields.
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' \
		"Origin: Debian" "Label: $1" "Created-By: Packages" | head -n 1
}

apt_sources() {
	local suite=$1 key=/usr/share/keyrings/debian-archive-keyring.gpg
	local main security

	main=$(mirror Debian)
	security=$(mirror Debian-Security)
	[ -n "$main" ] || die "no Debian archive among the system's apt sources"
	[ -r "$key" ] || die "$key is missing (package debian-archive-keyring)"

	echo "deb [signed-by=$key] $main $suite main"
	echo "deb [signed-by=$key] $main $suite-updates main"
	# bookworm needs none, and bullseye has none any more.
	[ "$suite" != trixie ] || echo "deb [signed-by=$key] $main $suite-backports main"
	# bullseye's security archive lists kernels that it does not hold any more.
	[ -z "$security" ] || [ "$suite" = bullseye ] || echo "deb [signed-by=$key] $security $suite-security main"
}

# apt_use SUITE [ARCH]: from here on apt-get and apt-cache mean the private apt of
# SUITE, as a machine of Debian architecture ARCH (default: this one) sees it.
# Package lists are brought up to date when they are older than a day.
apt_use() {
	local suite=$1 native=${2-}
	local dir=${cache:?}/apt/$suite

	unset APT_CONFIG
	[ -n "$native" ] || native=$(dpkg --print-architecture)
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: >"$dir/status"
	if [ -z "$(mirror Debian)" ]; then
		as_root apt-get -qq update || true
	fi
	apt_sources "$suite" >"$dir/sources.list"
	{
		# Proxies and time-outs are the system's.
		apt-config dump | grep '^Acquire::' || true
		cat <<-EOF
			Dir::State "$dir";
			Dir::State::status "$dir/status";
			Dir::Cache "$dir";
			Dir::Etc::main "/dev/null";
			Dir::Etc::parts "/dev/null";
			Dir::Etc::sourcelist "$dir/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			APT::Architecture "$native";
			#clear APT::Architectures;
			APT::Architectures { "amd64"; "arm64"; };
			APT::Sandbox::User "";
			Acquire::Languages "none";
			Acquire::Retries "3";
		EOF
	} >"$dir/apt.conf"
	export APT_CONFIG=$dir/apt.conf

	if [ -z "$(find "$dir/updated" -mtime -1 2>/dev/null)" ]; then
		apt-get -qq update || die "apt-get update failed for suite $suite"
		touch "$dir/updated"
	fi
}

# apt_needs PACKAGE...: what installing them on an empty machine takes, one line
# "NAME VERSION" per package.
apt_needs() {
	apt-get -qq -s --no-install-recommends install "$@" |
		sed -nE 's/^Inst ([^ ]*) \(([^ ]*) .*/\1 \2/p'
}

# apt_unpack DEST PACKAGE...: download, verify and unpack without installing.
apt_unpack() {
	local dest=$1 dir deb
	shift

	mkdir -p "$dest"
	dir=$(mktemp -d "$cache/apt/download.XXXXXX")
	(cd "$dir" && apt-get -qq download "$@") || die "cannot download $*"
	for deb in "$dir"/*.deb; do
		# Device trees and documentation are most of the files and no use here.
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$dest" --no-same-owner --exclude='./usr/share/doc' \
				--exclude='./usr/lib/linux-image-*'
	done
	rm -r "$dir"
}
