#!/bin/sh
# Installs aws-cred for one user: the program, the prompt hooks, and a line in the rc files of the shells that are here.
# POSIX sh: runs under dash, bash, zsh --emulate sh and busybox. Everything is a function, called in the last line, so
# that half a download does nothing, and that the installed copy of this file can remove itself.

usage() {
  cat <<'TEXT'
usage: install.sh [FOLDER | ARCHIVE.tar.gz | --url URL] [options]
       install.sh --uninstall [--purge] [options]

  FOLDER, ARCHIVE   an unpacked or packed release; without either the folder of this file, built first in a clone
  --url URL         download the archive: https only (http for loopback)
  --sha256 HEX      the checksum that the archive must have
  --prefix DIR      instead of ~/.local: DIR/bin/aws-cred and DIR/share/aws-cred
  --yes             do not ask
  --no-rc           leave the shells' rc files alone
  --uninstall       remove what was installed; keys stay
  --purge           with --uninstall: first delete every key and session, then what is kept about them
TEXT
}

say() { printf '%s\n' "$*"; }
# A path as a person writes it: below HOME with ~, and quoted where a shell would part it.
# shellcheck disable=SC2088
shown() {
  case $1 in
    *[!A-Za-z0-9_./~+-]*) printf "'%s'" "$1" ;;
    "$HOME"/*) printf '~/%s' "${1#"$HOME"/}" ;;
    *) printf '%s' "$1" ;;
  esac
}

fail() {
  printf 'install.sh: error: %s\n' "$*" >&2
  exit 1
}

# An absolute path in the one form that goes into rc files and the list, also where nothing is there yet.
normal() {
  rest=$1/ path=''
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    rest=${rest#*/}
    case $part in
      '' | .) ;;
      # Behind a link `..` is the parent of where it leads.
      ..) if [ -L "$path" ] && [ -d "$path/.." ]; then path=$(cd -P "$path/.." && pwd); else path=${path%/*}; fi ;;
      *) path=${path%/}/$part ;;
    esac
  done
  printf '%s\n' "${path:-/}"
}

# For tests: ends like a power cut after the step of that name.
step() {
  if [ "${AWS_CRED_INSTALL_STOP_AFTER:-}" = "$1" ]; then kill -9 $$; fi
}

# True when a person says yes; --yes says it for them. Without a terminal it is no.
agreed() {
  if [ "$yes" = 1 ]; then return 0; fi
  if ! (: >/dev/tty) 2>/dev/null; then return 1; fi
  printf '%s [y/N] ' "$1" >/dev/tty
  answer=''
  IFS= read -r answer </dev/tty || true
  case $answer in y | Y | yes | Yes | YES) return 0 ;; esac
  return 1
}

# sums_of FILE...: a line each, of the checksum, two characters and the name.
sums_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$@"
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$@"
  else
    openssl dgst -sha256 -r "$@"
  fi
}

# check_sums FOLDER SUMS NAME...: the files must have the checksums that the list SUMS gives them.
check_sums() {
  from=$1 list_of_sums=$2
  shift 2
  found=$(cd "$from" && sums_of "$@") || fail "cannot install from \"$from\": a file of it cannot be read"
  wrong=$(printf '%s\n' "$found" | awk '
    FNR == NR { sum[substr($0, 67)] = substr($0, 1, 64); next }
    sum[substr($0, 67)] != substr($0, 1, 64) { print (substr($0, 67) in sum && sum[substr($0, 67)] ? "wrong " : "absent ") substr($0, 67); exit }
  ' "$list_of_sums" -)
  case $wrong in
    'wrong '*) fail "cannot install \"${wrong#wrong }\": its checksum is wrong" ;;
    'absent '*) fail "cannot check \"${wrong#absent }\": its checksum is not in $list_of_sums" ;;
  esac
}

download() {
  case $1 in
    *@* | *'
'*) fail "cannot download \"$1\": it is not a plain address" ;;
    https://*) set -- "$1" "$2" '=https' ;;
    http://127.0.0.1/* | http://127.0.0.1:[0-9]*/* | http://localhost/* | http://localhost:[0-9]*/* | 'http://[::1]'/* | 'http://[::1]':[0-9]*/*)
      set -- "$1" "$2" '=http' --noproxy '*'
      ;;
    *) fail "cannot download \"$1\": only https is taken" ;;
  esac
  command -v curl >/dev/null 2>&1 || fail 'cannot download: curl is not installed'
  from=$1 to=$2 protocols=$3
  shift 3
  curl --proto "$protocols" --proto-redir '=https' --fail --silent --show-error --location "$@" --output "$to" -- "$from" ||
    fail "cannot download \"$from\""
}

# Sets $source to a folder with aws-cred, shell/ and the rest in it.
find_source() {
  if [ -n "$url" ]; then
    [ -z "$given" ] || fail 'cannot install both a file and --url'
    given=$work/${url##*/}
    say "downloading $url"
    download "$url" "$given"
    if [ -z "$sha256" ]; then
      download "${url%/*}/SHA256SUMS" "$work/SHA256SUMS"
      check_sums "$work" "$work/SHA256SUMS" "${url##*/}"
    fi
  fi
  if [ -n "$given" ] && [ ! -d "$given" ]; then
    unpack
    given=$source
  elif [ -n "$sha256" ]; then
    fail 'cannot check --sha256: there is no archive'
  fi
  source=${given:-$here}
  if [ -f "$source/SHA256SUMS" ] && [ -f "$source/aws-cred" ]; then
    program=$source/aws-cred
    # shellcheck disable=SC2086
    check_sums "$source" "$source/SHA256SUMS" aws-cred $files
  elif [ -f "$source/package.json" ] && [ -f "$source/src/main.ts" ]; then
    program=$source/dist/aws-cred
    command -v npm >/dev/null 2>&1 || fail 'cannot build: npm is not installed'
    say 'building from the sources'
    (cd "$source" && npm ci --no-audit --no-fund && npm run build) >&2 || fail "cannot build in \"$source\""
  else
    fail "cannot install from \"$source\": it is neither a release nor a clone"
  fi
}

unpack() {
  label=${url:-$given}
  [ -f "$given" ] || fail "cannot install \"$label\": it is not there"
  folder=$(dirname "$given")
  if [ -n "$sha256" ]; then
    [ "$(sums_of "$given" | cut -c1-64)" = "$(printf %s "$sha256" | tr A-F a-f)" ] || fail "cannot install \"$label\": it is not what --sha256 names"
  elif [ -f "$folder/SHA256SUMS" ]; then
    check_sums "$folder" "$folder/SHA256SUMS" "$(basename "$given")"
  fi
  if [ -z "$url" ]; then say "unpacking $(shown "$given")"; fi
  tar -tzf "$given" >"$work/names" 2>/dev/null || fail "cannot install \"$label\": it is not a .tar.gz"
  if grep -Eq '^/|(^|/)\.\.(/|$)' "$work/names" || grep -Evq '^aws-cred-[a-z0-9-]+/' "$work/names"; then
    fail "cannot install \"$label\": it is not a release of aws-cred"
  fi
  mkdir "$work/unpacked"
  tar -xzf "$given" -C "$work/unpacked" || fail "cannot unpack \"$label\""
  source=$(echo "$work/unpacked"/aws-cred-*)
}

# put FROM TO MODE: under another name first, then renamed: a program that runs keeps its own file.
put() {
  rm -f "$2.new"
  if ! cp "$1" "$2.new" || ! chmod "$3" "$2.new"; then fail "cannot write \"$2\""; fi
}

# The list is kept whole at every moment: what a new install adds is on it before it is written.
write_list() {
  printf '%s\n' "$1" | LC_ALL=C sort -u | sed '/^$/d' >"$list.new" || fail "cannot write \"$list\""
  mv -f "$list.new" "$list" || fail "cannot write \"$list\""
}

# Lines for the list, by which uninstall may remove the folders that were made for this: those of a path that are not there.
missing_folders() {
  folder=$1
  while [ ! -e "$folder" ] && [ ! -L "$folder" ]; do
    printf 'dir %s\n' "$folder"
    folder=$(dirname "$folder")
  done
}

rc_line() {
  case $1 in
    ps1) printf '%s %s' "try { . $2 } catch { $ps_catch }" "$mark" ;;
    fish) printf "if test -r %s; source %s; end %s" "$2" "$2" "$mark" ;;
    *) printf "if [ -r %s ]; then . %s; fi %s" "$2" "$2" "$mark" ;;
  esac
}

# As it stands in an rc file: below the default prefix by $HOME, for homes that several machines share.
# shellcheck disable=SC2016
hook_word() {
  case $share in
    "$HOME/.local/share/aws-cred") printf '"$HOME/.local/share/aws-cred/hook.%s"' "$1" ;;
    *) printf "'%s/hook.%s'" "$share" "$1" ;;
  esac
}

# Names of the shells that are here and the file of each, one pair a line.
rc_files() {
  if command -v bash >/dev/null 2>&1; then
    printf 'bash %s\n' "$HOME/.bashrc"
    # Terminals of macOS start login shells, which do not read .bashrc.
    if [ "$system" = Darwin ]; then printf 'bash %s\n' "$HOME/.bash_profile"; fi
  fi
  if command -v zsh >/dev/null 2>&1; then printf 'zsh %s\n' "${ZDOTDIR:-$HOME}/.zshrc"; fi
  if command -v fish >/dev/null 2>&1; then printf 'fish %s\n' "${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish"; fi
}

# The file that a chain of links ends at: links of dotfile managers stay.
final_file() {
  file=$1
  hops=0
  while [ -L "$file" ] && [ $hops -lt 20 ]; do
    to=$(readlink "$file")
    case $to in /*) file=$to ;; *) file=$(dirname "$file")/$to ;; esac
    hops=$((hops + 1))
  done
  printf '%s\n' "$file"
}

# our_line FILE SHELL: the first line of it that loads this install's hook, whatever way the path is written: older
# installs took --prefix as it was typed, and a link is another name of the same folder.
our_line() {
  [ -f "$1" ] || return 0
  us=$(cd -P "$share" && pwd)
  AWS_CRED_MARK=$mark LC_ALL=C awk 'index($0, ENVIRON["AWS_CRED_MARK"])' "$1" | while IFS= read -r marked; do
    word=${marked#*" '"}
    if [ "$word" = "$marked" ]; then
      folder=$HOME/.local/share/aws-cred
      word="\"\$HOME/.local/share/aws-cred/hook.$2\""
    else
      word="'${word%%\'*}'"
      folder=${word#\'}
      folder=${folder%/*}
    fi
    # A line that somebody has changed is theirs.
    if [ "$(rc_line "$2" "$word")" = "$marked" ] && [ "$(cd -P "$folder" 2>/dev/null && pwd)" = "$us" ]; then
      printf '%s\n' "$marked"
      break
    fi
  done
}

add_rc_line() {
  shell=$1 rc=$2
  line=$(rc_line "$shell" "$(hook_word "$shell")")
  target=$(final_file "$rc")
  if [ -n "$(our_line "$target" "$shell")" ]; then return 0; fi
  if [ "$rc_wanted" = 0 ] || ! agreed "add the hook to $(shown "$rc")?" || { [ -e "$target" ] && [ ! -w "$target" ]; }; then
    say "not added to $(shown "$rc"); the line is:"
    say "  $line"
    return 0
  fi
  kind=rc
  if [ ! -e "$target" ]; then
    kind='rc-new'
    known="$known
$(missing_folders "$(dirname "$target")")"
    write_list "$known"
    mkdir -p "$(dirname "$target")"
    (umask 077 && : >"$target.aws-cred-new")
  else
    if [ -s "$target" ] && [ -n "$(tail -c 1 "$target")" ]; then kind='rc-bare'; fi
    rm -f "$target.aws-cred-backup"
    cp -p "$target" "$target.aws-cred-backup" || fail "cannot back up \"$rc\""
    cp -p "$target" "$target.aws-cred-new"
  fi
  known="$(printf '%s\n' "$known" | AWS_CRED_RC=$rc awk '$1 == "file" || substr($0, index($0, " ") + 1) != ENVIRON["AWS_CRED_RC"]')
$kind $rc"
  write_list "$known"
  if [ $kind = 'rc-bare' ]; then printf '\n' >>"$target.aws-cred-new"; fi
  printf '%s\n' "$line" >>"$target.aws-cred-new"
  step rc
  mv -f "$target.aws-cred-new" "$target" || fail "cannot write \"$rc\""
  say "added the hook to $(shown "$rc")"
}

# Takes out exactly our lines, by their place in bytes: sed and awk would end a last line that has no end.
remove_rc_line() {
  kind=rc${1#??} rc=$2
  target=$(final_file "$rc")
  rm -f "$target.aws-cred-new"
  case $rc in *.fish) shell=fish ;; *.ps1) shell='ps1' ;; *zshrc) shell=zsh ;; *) shell=bash ;; esac
  line=$(our_line "$target" "$shell")
  while [ -n "$line" ] && [ -w "$target" ]; do
    start=$(AWS_CRED_LINE=$line LC_ALL=C awk '$0 == ENVIRON["AWS_CRED_LINE"] { print n + 0; exit } { n += length($0) + 1 }' "$target")
    end=$((start + $(printf '%s\n' "$line" | wc -c)))
    rest=$(($(wc -c <"$target") - end))
    if [ "$kind" = rc-bare ] && [ "$rest" -le 0 ] && [ "$start" -gt 0 ]; then start=$((start - 1)); fi
    cp -p "$target" "$target.aws-cred-new" || fail "cannot write \"$rc\""
    { head -c "$start" "$target" && if [ "$rest" -gt 0 ]; then tail -c "+$((end + 1))" "$target"; fi; } >"$target.aws-cred-new"
    mv -f "$target.aws-cred-new" "$target" || fail "cannot write \"$rc\""
    say "removed the hook from $(shown "$rc")"
    line=$(our_line "$target" "$shell")
  done
  if [ "$kind" = rc-new ] && [ -e "$target" ] && [ ! -s "$target" ]; then rm -f "$target"; fi
  # A backup that says nothing new goes; one that differs may be wanted.
  if [ -f "$target.aws-cred-backup" ] && cmp -s "$target" "$target.aws-cred-backup"; then rm -f "$target.aws-cred-backup"; fi
}

# Says what still loads a hook: lines that a person wrote or changed, a read-only file's, those of another install.
say_left() {
  [ -f "$1" ] || return 0
  why=''
  if [ ! -w "$1" ]; then why=', which is read-only'; fi
  LC_ALL=C awk 'index($0, "/aws-cred/hook.")' "$1" | while IFS= read -r line; do say "left in $(shown "$1")$why: $line"; done
}

install_all() {
  find_source
  target=$bin/aws-cred
  if [ -e "$target" ] && [ ! -f "$list" ]; then
    case $("$target" --version 2>/dev/null) in 'aws-cred '*) ;; *) fail "cannot replace \"$target\": it is another program" ;; esac
  fi
  made=$(
    missing_folders "$bin"
    missing_folders "$share"
  )
  mkdir -p "$bin" "$share" || fail "cannot make \"$bin\" and \"$share\""
  step 1
  known=$(cat "$list" 2>/dev/null || true)
  new='file bin/aws-cred'
  for name in $files; do
    new="$new
file share/aws-cred/${name##*/}"
  done
  known="$known
$new
$made"
  write_list "$known"
  step 2
  put "$program" "$target" 755
  if [ "$system" = Darwin ] && ! codesign --verify "$target.new" 2>/dev/null; then
    codesign --force --sign - "$target.new" || fail 'cannot sign the program: macOS would end it at once'
  fi
  step 3
  version=$("$target.new" --version 2>/dev/null) || version=''
  case $version in
    'aws-cred '*) ;;
    *)
      rm -f "$target.new"
      fail 'cannot install: the program does not run on this machine'
      ;;
  esac
  rm -f "$share"/*.new
  for name in $files; do cp "$source/$name" "$share/${name##*/}.new" || fail "cannot write to \"$share\""; done
  if ! chmod 644 "$share"/*.new || ! chmod 755 "$share/install.sh.new"; then fail "cannot write to \"$share\""; fi
  step 4
  for name in $files; do mv -f "$share/${name##*/}.new" "$share/${name##*/}" || fail "cannot write to \"$share\""; done
  step 5
  mv -f "$target.new" "$target" || fail "cannot write \"$target\""
  step 6
  rc_files >"$work/rc"
  # On another descriptor, so that the questions can be answered from stdin's terminal.
  while read -r shell rc <&3; do add_rc_line "$shell" "$rc"; done 3<"$work/rc"
  step 7
  say "installed $version in $(shown "$prefix")"
  case ":$PATH:" in *":$bin:"*) ;; *) say "$(shown "$bin") is not on your PATH: add it" ;; esac
  if command -v pwsh >/dev/null 2>&1; then say "for PowerShell: pwsh $(shown "$share/install.ps1") -HookOnly"; fi
  if [ "$rc_wanted" = 1 ]; then say 'the hook starts with the next terminal'; fi
  say "to remove all of it: $(shown "$share/install.sh") --uninstall"
}

# What an unlocked vault has in memory, a line each, for where the program cannot lock it. Where it lies: vault-key.ts.
keys_in_memory() {
  for place in ${XDG_RUNTIME_DIR:+"$XDG_RUNTIME_DIR/aws-cred"} "/dev/shm/aws-cred-$(id -u)"; do
    for name in "$place"/vault-*; do
      if [ -e "$name" ]; then say "in memory, of an unlocked vault: $name"; fi
    done
  done
}

uninstall_all() {
  [ -f "$list" ] || fail "cannot uninstall: nothing is installed in \"$prefix\""
  kept=$("$bin/aws-cred" __purge show 2>/dev/null) || kept="keys and sessions: unknown, since the program does not run"
  if [ "$purge" = 1 ]; then
    printf '%s\n' "$kept"
    agreed 'delete keys, sessions and folders for good?' || fail 'nothing was removed: the answer was no'
    "$bin/aws-cred" __purge now || fail 'nothing was uninstalled: the keys could not be deleted'
  fi
  # Before the program goes: afterwards nothing here can lock, and the key opens the vault for hours.
  if ! "$bin/aws-cred" __purge lock 2>/dev/null; then
    kept="$kept
$(keys_in_memory)"
  fi
  # Those of install.ps1 too.
  grep -E '^(rc|ps)' "$list" >"$work/rc" || true
  while read -r kind rc <&3; do remove_rc_line "$kind" "$rc"; done 3<"$work/rc"
  rc_files >>"$work/rc"
  sed 's/^[^ ]* //' "$work/rc" | LC_ALL=C sort -u | while read -r rc; do say_left "$rc"; done
  step 1
  sed -n 's/^file //p' "$list" >"$work/files"
  while read -r name <&3; do rm -f "$prefix/$name" "$prefix/$name.new"; done 3<"$work/files"
  step 2
  # The deepest first. What somebody else has put something into stays.
  sed -n 's/^dir //p' "$list" | LC_ALL=C sort -r >"$work/folders"
  rm -f "$list" "$list.new"
  rmdir "$share" 2>/dev/null || true
  while read -r name <&3; do rmdir "$name" 2>/dev/null || true; done 3<"$work/folders"
  say "uninstalled from $(shown "$prefix")"
  if [ "$purge" = 0 ]; then
    say 'these stay:'
    printf '%s\n' "$kept" | sed '/^$/d; s/^/  /'
  fi
}

main() {
  set -u
  umask 022
  given='' url='' sha256='' prefix='' yes=0 rc_wanted=1 uninstall=0 purge=0
  while [ $# -gt 0 ]; do
    case $1 in
      --url | --sha256 | --prefix)
        [ $# -gt 1 ] || fail "$1 needs a value"
        case $1 in --url) url=$2 ;; --sha256) sha256=$2 ;; --prefix) prefix=$2 ;; esac
        shift
        ;;
      --yes) yes=1 ;;
      --no-rc) rc_wanted=0 ;;
      --uninstall) uninstall=1 ;;
      --purge) purge=1 ;;
      --help | -h)
        usage
        exit 0
        ;;
      -*) fail "there is no option $1: see --help" ;;
      *) given=$1 ;;
    esac
    shift
  done
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ]; then fail 'run it without sudo: it installs for one user'; fi
  case ${HOME:-} in /*) ;; *) fail 'HOME must be an absolute path' ;; esac
  here=$(CDPATH='' cd "$(dirname "$0")" 2>/dev/null && pwd) || here=$PWD
  # The installed copy knows its own prefix.
  if [ -z "$prefix" ] && [ -f "$here/installed.list" ]; then prefix=$(dirname "$(dirname "$here")"); fi
  HOME=$(normal "$HOME")
  prefix=${prefix:-$HOME/.local}
  case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
  prefix=$(normal "$prefix")
  case $prefix in *[\'\\]* | *'
'*) fail 'the prefix holds a quote, a backslash or a line break' ;; esac
  bin=$prefix/bin share=$prefix/share/aws-cred
  list=$share/installed.list
  mark='# added by the installer of aws-cred'
  # As in install.ps1, whose line this script removes too.
  ps_catch="& { if (\$_.FullyQualifiedErrorId -cne 'CommandNotFoundException') { \$Host.UI.WriteErrorLine(\"\$_\") } }"
  files='shell/hook.bash shell/hook.zsh shell/hook.fish shell/hook.ps1 install.sh install.ps1'
  files="$files shell/completion.bash shell/completion.zsh shell/completion.fish shell/completion.ps1"
  system=$(uname -s)
  work=$(mktemp -d) || fail 'cannot make a temporary folder'
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [ $uninstall = 1 ]; then
    uninstall_all
  elif [ $purge = 1 ]; then
    fail '--purge goes with --uninstall'
  else
    install_all
  fi
}

main "$@"
