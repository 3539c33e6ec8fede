# aws-cred prompt hook for bash 3.2 and later: source it as the last line of ~/.bashrc.
# Says on stderr, once per change, when the AWS_* variables of this shell are stale or contradict each other.
# Keeps AWS_CRED_STATE (none ok soon expired unknown broken) and AWS_CRED_LEFT (minutes) for prompt themes.
# Settings: AWS_CRED_HOOK=off, AWS_CRED_WARN_MINUTES (10), NO_COLOR.
# A secret's value is never expanded where set -x could print it: presence by :+x, tokens by their length.
# What a prompt without news does not need is one quoted word below, which bash skips at start and reads when it is first
# needed: parsing it is most of what sourcing costs. `npm run check` has shellcheck read that word too.
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

__aws_cred_version=$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))
\builtin unset AWS_CRED_STATE AWS_CRED_LEFT
AWS_CRED_STATE=none AWS_CRED_LEFT=''
__aws_cred_key='' __aws_cred_base=none __aws_cred_problem='' __aws_cred_conflict='' __aws_cred_at='' __aws_cred_told='' __aws_cred_anchor=''
__aws_cred_loaded='' __aws_cred_from=0 __aws_cred_until=0
# Sourced again: what was told stays told.
__aws_cred_code="${__aws_cred_code-}" __aws_cred_note="${__aws_cred_note-}"
__aws_cred_time="${__aws_cred_time-}" __aws_cred_time_of="${__aws_cred_time_of-}" __aws_cred_time_for="${__aws_cred_time_for-${AWS_CRED_PROFILE-}}"

# The clock without a process, chosen by version: before 5.0 an EPOCHSECONDS is only what someone exported. It can be unset
# where it is real; printf (-1 for 4.2) costs eight times as much.
__aws_cred_now() {
  if [[ $__aws_cred_version -ge 500 && -n ${EPOCHSECONDS-} ]]; then __aws_cred_clock=$EPOCHSECONDS
  elif [[ $__aws_cred_version -ge 402 ]]; then \builtin printf -v __aws_cred_clock '%(%s)T' -1
  else __aws_cred_count; fi
}

# Brings AWS_CRED_STATE and AWS_CRED_LEFT up to date; $1 = quiet: prints nothing and leaves the change to be told later.
# Most prompts end here: the same variables, and no full minute passed.
__aws_cred_check() {
  __aws_cred_new="${AWS_ACCESS_KEY_ID:+0${AWS_ACCESS_KEY_ID:0:4}${AWS_ACCESS_KEY_ID: -4}}${AWS_SECRET_ACCESS_KEY:+1}${AWS_SESSION_TOKEN:+2}${AWS_SECURITY_TOKEN:+3${AWS_SESSION_TOKEN:+${#AWS_SESSION_TOKEN} ${#AWS_SECURITY_TOKEN}}},${AWS_CREDENTIAL_EXPIRATION-},${AWS_SESSION_EXPIRATION-},${AWSUME_EXPIRATION-},${AWS_SSO_SESSION_EXPIRATION-},${AWS_PROFILE-},${AWS_DEFAULT_PROFILE-},${AWS_CRED_PROFILE-},${AWS_CRED_WARN_MINUTES-},${AWS_CRED_HOOK-},${TZ-}"
  # What is not exported no tool sees; before 4.4 bash cannot say without a process.
  if [[ $__aws_cred_version -ge 404 ]]; then __aws_cred_new+=",${AWS_ACCESS_KEY_ID+${AWS_ACCESS_KEY_ID@a}},${AWS_SECRET_ACCESS_KEY+${AWS_SECRET_ACCESS_KEY@a}},${AWS_SESSION_TOKEN+${AWS_SESSION_TOKEN@a}},${AWS_SECURITY_TOKEN+${AWS_SECURITY_TOKEN@a}},${AWS_PROFILE+${AWS_PROFILE@a}},${AWS_DEFAULT_PROFILE+${AWS_DEFAULT_PROFILE@a}}"; fi
  if [[ $__aws_cred_new == "$__aws_cred_key" && $__aws_cred_told == "$__aws_cred_code" && -z ${1-} ]]; then
    if [[ -z $__aws_cred_at ]]; then \builtin return 0; fi
    __aws_cred_now
    if [[ $__aws_cred_clock -ge $__aws_cred_from && $__aws_cred_clock -lt $__aws_cred_until ]]; then \builtin return 0; fi
  fi
  __aws_cred_load
  __aws_cred_look "$__aws_cred_new" "${1-}"
}

__aws_cred_prompt() {
  \builtin local status="$?"
  # Nothing runs for a shell without AWS variables, once the last state is cleared.
  if [[ -n ${AWS_ACCESS_KEY_ID:+x} || -n ${AWS_SECRET_ACCESS_KEY:+x}${AWS_SESSION_TOKEN:+x}${AWS_SECURITY_TOKEN:+x}${AWS_DEFAULT_PROFILE:+x}$__aws_cred_key ]]; then
    __aws_cred_check
  fi
  # 5.1 and later restore $? around the elements of an array; under errexit a returned status would end the shell.
  if [[ $status == 0 || $- == *e* || ($__aws_cred_version -ge 501 && ${PROMPT_COMMAND[*]@a} == *a*) ]]; then \builtin return 0; fi
  \builtin return "$status"
}

aws_cred_status() {
  __aws_cred_load
  __aws_cred_report
}

# Reads the rest once. set +vx: a trace would print all of it.
__aws_cred_load() {
  if [[ -n $__aws_cred_loaded ]]; then \builtin return 0; fi
  \builtin local flags="$-"
  \builtin set +vx
  \builtin eval '
# The clock before 4.2: only SECONDS, anchored by one `date`, again when it went back.
__aws_cred_count() {
  \builtin local run="${SECONDS:-}"
  case $run in "" | *[!0123456789]*) run=0 __aws_cred_anchor="" ;; esac
  if [[ -z $__aws_cred_anchor || $run -lt ${__aws_cred_run_seen:-0} ]]; then
    __aws_cred_clock="$(\command date +%s)"
    __aws_cred_anchor=$((__aws_cred_clock - run))
  fi
  __aws_cred_run_seen=$run
  __aws_cred_clock=$((__aws_cred_anchor + run))
}

# Offset of local time from UTC at the epoch $1, in seconds, into __aws_cred_offset; empty where bash cannot say.
__aws_cred_zone() {
  \builtin local zone=""
  __aws_cred_offset=""
  if [[ $__aws_cred_version -lt 402 ]]; then \builtin return 0; fi
  \builtin printf -v zone "%(%z)T" "$1"
  __aws_cred_offset="${zone:0:1}$((10#${zone:1:2} * 3600 + 10#${zone:3:2} * 60))"
}

# ISO 8601 (or ten epoch digits) to epoch seconds in __aws_cred_at, empty if it is neither. Every digit is checked
# before arithmetic, which would run a value like a[$(cmd)]; 10# because 08 is not octal. No ranges: a locale may widen them.
__aws_cred_parse() {
  \builtin local s="$1" d="[0123456789]" rest offset y m day days hour minute second
  __aws_cred_at=""
  if [[ $s == $d$d$d$d$d$d$d$d$d$d ]]; then __aws_cred_at=$((10#$s)); fi
  if [[ ${#s} -gt 40 || $s != $d$d$d$d-$d$d-$d${d}[Tt\ ]$d$d:$d$d:$d$d* ]]; then \builtin return 0; fi
  y=$((10#${s:0:4})) m=$((10#${s:5:2})) day=$((10#${s:8:2})) days=31 rest="${s:19}"
  hour=$((10#${s:11:2})) minute=$((10#${s:14:2})) second=$((10#${s:17:2}))
  case $m in 4 | 6 | 9 | 11) days=30 ;; 2) days=$((28 + (y % 4 == 0 && y % 100 != 0 || y % 400 == 0))) ;; esac
  if [[ $m -lt 1 || $m -gt 12 || $day -lt 1 || $day -gt $days || $hour -gt 23 || $minute -gt 59 || $second -gt 60 ]]; then
    \builtin return 0
  fi
  if [[ $rest == [.,]$d* ]]; then
    rest="${rest:1}"
    while [[ $rest == $d* ]]; do rest="${rest:1}"; done
  fi
  case $rest in
    "" | Z | z) offset=0 ;;
    [+-]$d$d:$d$d | [+-]$d$d$d$d)
      offset="${rest//:/}"
      offset="${offset:0:1}$((10#${offset:1:2} * 3600 + 10#${offset:3:2} * 60))"
      ;;
    *) \builtin return 0 ;;
  esac
  if [[ $m -le 2 ]]; then y=$((y - 1)) m=$((m + 12)); fi
  days=$((365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + day - 719469))
  s=$((days * 86400 + hour * 3600 + minute * 60 + second))
  if [[ -z $rest ]]; then
    # Without a zone it is local time (awsume). Twice: the first offset may be of the wrong side of a DST change.
    __aws_cred_zone "$s"
    __aws_cred_zone "$((s - ${__aws_cred_offset:-0}))"
    if [[ -z $__aws_cred_offset ]]; then \builtin return 0; fi
    offset=$__aws_cred_offset
  fi
  __aws_cred_at=$((s - offset))
}

# What does not depend on the clock: called with the presence flags, only when something changed.
__aws_cred_judge() {
  \builtin local k="$1" s="$2" t="$3" l="$4" p="$5" d="$6" name="$7" text="$8" id="" token="" problem=""
  __aws_cred_base=none __aws_cred_problem="" __aws_cred_conflict="" __aws_cred_at=""
  if [[ -n $l ]]; then token=AWS_SECURITY_TOKEN; fi
  if [[ -n $t ]]; then token=AWS_SESSION_TOKEN; fi
  if [[ -n $p && -n $d && $AWS_PROFILE != "$AWS_DEFAULT_PROFILE" ]]; then __aws_cred_conflict=default; fi
  if [[ -z $k$s$token ]]; then \builtin return 0; fi
  if [[ -n $k ]]; then id="${AWS_ACCESS_KEY_ID:0:4}${AWS_ACCESS_KEY_ID: -4}"; fi
  # A time belongs to the keys that it came with. Another AWS_CRED_PROFILE came with keys and time of its own: two sessions
  # may end in the same second.
  if [[ -n $k && -n $text && ($name:$text != "$__aws_cred_time" || (-n ${AWS_CRED_PROFILE-} && $AWS_CRED_PROFILE != "$__aws_cred_time_for")) ]]; then
    __aws_cred_time="$name:$text" __aws_cred_time_of="$id" __aws_cred_time_for="${AWS_CRED_PROFILE-}"
  fi
  if [[ -z $k && -n $s ]]; then problem=no-key:AWS_SECRET_ACCESS_KEY
  elif [[ -z $k ]]; then problem="no-key:$token"
  elif [[ -z $s ]]; then problem=no-secret
  elif [[ $id == ASIA* && -z $token ]]; then problem=no-token
  elif [[ $id == AKIA* && -n $token ]]; then problem="long-lived:${t:+AWS_SESSION_TOKEN}${t:+${l:+ }}${l:+AWS_SECURITY_TOKEN}"
  elif [[ -n $text && ($id == AKIA* || $id != "$__aws_cred_time_of") ]]; then problem="left-over:$name"
  elif [[ -n $t && -n $l && ${#AWS_SESSION_TOKEN} -ne ${#AWS_SECURITY_TOKEN} ]]; then problem=two-tokens
  # Equal lengths leave only the values to compare, which a trace would show: then not.
  elif [[ -n $t && -n $l && $- != *x* ]] && [[ $AWS_SESSION_TOKEN != "$AWS_SECURITY_TOKEN" ]]; then problem=two-tokens; fi
  __aws_cred_base=broken __aws_cred_problem="$problem"
  if [[ -n $problem ]]; then \builtin return 0; fi
  __aws_cred_base=ok
  if [[ -n $p ]]; then __aws_cred_conflict=shadowed; fi
  if [[ -n $text ]]; then __aws_cred_parse "$text"; fi
  if [[ -n $text && -z $__aws_cred_at ]]; then __aws_cred_base=unknown __aws_cred_problem="unread:$name"
  elif [[ -z $text && -n $token ]]; then __aws_cred_base=unknown __aws_cred_problem=no-time; fi
}

__aws_cred_span() {
  if [[ $1 -lt 60 ]]; then __aws_cred_text="$1 s"
  elif [[ $1 -lt 7200 ]]; then __aws_cred_text="$(($1 / 60)) min"
  elif [[ $1 -lt 172800 ]]; then __aws_cred_text="$(($1 / 3600)) h"
  else __aws_cred_text="$(($1 / 86400)) d"; fi
}

# A profile'\''s name is printed only if it cannot carry an escape sequence or shell syntax (C6); empty otherwise.
__aws_cred_safe() {
  \builtin local plain="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@:/+"
  __aws_cred_text="$1"
  if [[ -z $1 || ${#1} -gt 64 || $1 == *[!$plain-]* ]]; then __aws_cred_text=""; fi
}

# The line for code $1, $2 seconds before the end, into __aws_cred_text; $3 is its colour.
__aws_cred_words() {
  \builtin local left="$2" of="" arg="" renew mend clear="eval \"\$(aws-cred export --unset)\"" what="${1#*:}" span
  __aws_cred_safe "${AWS_CRED_PROFILE-}"
  if [[ -n $__aws_cred_text ]]; then of=" of $__aws_cred_text" arg=" --profile $__aws_cred_text"; fi
  renew="renew: eval \"\$(aws-cred export$arg)\""
  mend=$renew
  # Keys from elsewhere: export would take the profile default, which is most often not theirs, or none.
  if [[ -z ${AWS_CRED_PROFILE-}${AWS_PROFILE-}${AWS_DEFAULT_PROFILE-} ]]; then
    renew="see: aws-cred doctor" mend="clear: $clear"
  fi
  __aws_cred_span "${left#-}"
  span=$__aws_cred_text __aws_cred_color=33
  case $1 in
    expired:* | no-* | long-lived:* | left-over:* | two-tokens) __aws_cred_color=31 ;;
    renewed) __aws_cred_color=32 ;;
  esac
  case $1 in
    expired:*) __aws_cred_text="this shell'\''s credentials$of expired $span ago; $mend" ;;
    soon:*) __aws_cred_text="this shell'\''s credentials$of expire in $span; $renew" ;;
    renewed) __aws_cred_text="this shell'\''s credentials$of are renewed${__aws_cred_at:+, $span left}" ;;
    no-key:*) __aws_cred_text="AWS_ACCESS_KEY_ID is missing beside $what; clear: $clear" ;;
    no-secret) __aws_cred_text="AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID; clear: $clear" ;;
    no-token) __aws_cred_text="AWS_SESSION_TOKEN is missing beside a temporary AWS_ACCESS_KEY_ID (ASIA); $mend" ;;
    no-time) __aws_cred_text="this shell'\''s credentials$of have a token but no known expiration; $renew" ;;
    unread:*) __aws_cred_text="$what of this shell is not a time; $renew" ;;
    long-lived:*) __aws_cred_text="${what/ / and } beside a long-lived AWS_ACCESS_KEY_ID (AKIA); clear: unset $what" ;;
    left-over:*) __aws_cred_text="$what is left over from older keys; clear: unset $what" ;;
    two-tokens) __aws_cred_text="AWS_SECURITY_TOKEN differs from AWS_SESSION_TOKEN (AWS CLI, boto3 take it first); clear: unset AWS_SECURITY_TOKEN" ;;
    default) __aws_cred_text="AWS_DEFAULT_PROFILE differs from AWS_PROFILE (boto3, AWS CLI v1 take it first); clear: unset AWS_DEFAULT_PROFILE" ;;
    shadowed)
      __aws_cred_safe "${AWS_PROFILE-}"
      __aws_cred_text="AWS_PROFILE${__aws_cred_text:+=}$__aws_cred_text is shadowed by AWS_ACCESS_KEY_ID (AWS CLI, boto3, Go), wins in JS; clear: $clear"
      ;;
    *) __aws_cred_text="" ;;
  esac
}

# The state anew, and the line if it changed.
__aws_cred_look() {
  \builtin local k="${AWS_ACCESS_KEY_ID:+x}" s="${AWS_SECRET_ACCESS_KEY:+x}" t="${AWS_SESSION_TOKEN:+x}"
  \builtin local l="${AWS_SECURITY_TOKEN:+x}" p="${AWS_PROFILE:+x}" d="${AWS_DEFAULT_PROFILE:+x}"
  \builtin local name="" text="" key="$1" quiet="${2-}" left="" warn=10 code="" old="$__aws_cred_code" say=""
  if [[ $__aws_cred_version -ge 404 ]]; then
    k="${k:+${AWS_ACCESS_KEY_ID@a}}" s="${s:+${AWS_SECRET_ACCESS_KEY@a}}" t="${t:+${AWS_SESSION_TOKEN@a}}"
    l="${l:+${AWS_SECURITY_TOKEN@a}}" p="${p:+${AWS_PROFILE@a}}" d="${d:+${AWS_DEFAULT_PROFILE@a}}"
    k="${k//[!x]/}" s="${s//[!x]/}" t="${t//[!x]/}" l="${l//[!x]/}" p="${p//[!x]/}" d="${d//[!x]/}"
  fi
  if [[ -n ${AWS_CREDENTIAL_EXPIRATION:+x} ]]; then name=AWS_CREDENTIAL_EXPIRATION text="$AWS_CREDENTIAL_EXPIRATION"
  elif [[ -n ${AWS_SESSION_EXPIRATION:+x} ]]; then name=AWS_SESSION_EXPIRATION text="$AWS_SESSION_EXPIRATION"
  elif [[ -n ${AWSUME_EXPIRATION:+x} && $AWSUME_EXPIRATION != None ]]; then name=AWSUME_EXPIRATION text="$AWSUME_EXPIRATION"
  elif [[ -n ${AWS_SSO_SESSION_EXPIRATION:+x} ]]; then name=AWS_SSO_SESSION_EXPIRATION text="$AWS_SSO_SESSION_EXPIRATION"; fi
  # Once taken away, the same time is of whatever keys it comes back with.
  if [[ -z $name ]]; then __aws_cred_time=""; fi
  if [[ ${AWS_CRED_HOOK-} == off || -z $k$s$t$l && -z $d ]]; then
    AWS_CRED_STATE=none AWS_CRED_LEFT="" __aws_cred_key="" __aws_cred_told="" __aws_cred_code="" __aws_cred_note=""
    __aws_cred_conflict="" __aws_cred_at=""
    \builtin return 0
  fi
  if [[ $key != "$__aws_cred_key" ]]; then
    __aws_cred_key="$key"
    __aws_cred_judge "$k" "$s" "$t" "$l" "$p" "$d" "$name" "$text"
  fi
  AWS_CRED_STATE=$__aws_cred_base AWS_CRED_LEFT="" code="$__aws_cred_problem"
  if [[ -n $__aws_cred_at ]]; then
    __aws_cred_now
    left=$((__aws_cred_at - __aws_cred_clock))
    case ${AWS_CRED_WARN_MINUTES:-x} in *[!0123456789]* | ?????*) ;; *) warn=$((10#$AWS_CRED_WARN_MINUTES)) ;; esac
    AWS_CRED_LEFT=$((left > 0 ? left / 60 : 0))
    __aws_cred_from=$__aws_cred_clock __aws_cred_until=$((left % 60 > 0 ? __aws_cred_clock + left % 60 : __aws_cred_clock + 1))
    if [[ $left -le 0 ]]; then AWS_CRED_STATE=expired code="expired:$__aws_cred_at" __aws_cred_until=99999999999
    elif [[ $left -le $((warn * 60)) ]]; then AWS_CRED_STATE=soon code="soon:$__aws_cred_at"; fi
  fi
  # A conflict waits behind what stops the credentials from working.
  if [[ -n $__aws_cred_conflict && (-z $code || $AWS_CRED_STATE == unknown) ]]; then code="$__aws_cred_conflict"; fi
  __aws_cred_told="$code" __aws_cred_left="${left:-0}"
  if [[ $code == "$old" || $quiet == quiet ]]; then \builtin return 0; fi
  if [[ $__aws_cred_version -lt 402 && -n $left && $quiet != again ]]; then
    # SECONDS may have been set by hand: look at the real clock once before speaking.
    __aws_cred_anchor=""
    __aws_cred_look "$key" again
    \builtin return 0
  fi
  __aws_cred_code="$code" say="$code"
  if [[ -z $code || $code == "$__aws_cred_note" ]]; then
    say=""
    case $old in
      "" | shadowed | default | *:"$__aws_cred_at") ;;
      *) if [[ $AWS_CRED_STATE == ok ]]; then say=renewed; fi ;;
    esac
  fi
  if [[ -z $__aws_cred_conflict || $code == "$__aws_cred_conflict" ]]; then __aws_cred_note="$__aws_cred_conflict"; fi
  if [[ -z $say ]]; then \builtin return 0; fi
  __aws_cred_words "$say" "${left:-0}"
  if [[ -n ${NO_COLOR-} || ${TERM:-dumb} == dumb || ! -t 2 ]]; then
    \builtin printf "aws-cred: %s\n" "$__aws_cred_text" >&2 || \builtin return 0
  else
    \builtin printf "\033[%sm%s\033[0m %s\n" "$__aws_cred_color" aws-cred: "$__aws_cred_text" >&2 || \builtin return 0
  fi
}

__aws_cred_report() {
  if [[ ${AWS_CRED_HOOK-} == off ]]; then \builtin printf "%s\n" "off: AWS_CRED_HOOK=off"; \builtin return 0; fi
  __aws_cred_told="" __aws_cred_left=0 __aws_cred_text=""
  # Judged afresh; under a trace what was judged without one stays, since there tokens are not compared.
  if [[ $- != *x* ]]; then __aws_cred_key=""; fi
  __aws_cred_check quiet
  if [[ -n $__aws_cred_told ]]; then __aws_cred_words "$__aws_cred_told" "$__aws_cred_left"; fi
  \builtin printf "%s\n" "$AWS_CRED_STATE${AWS_CRED_LEFT:+, $AWS_CRED_LEFT min left}${__aws_cred_text:+: $__aws_cred_text}"
  if __aws_cred_registered; then
    \builtin printf "%s\n" "hook registered, bash:$$"
  else
    \builtin printf "%s\n" "hook overwritten: PROMPT_COMMAND was replaced; source hook.bash again, last in ~/.bashrc"
  fi
}
'
  __aws_cred_loaded=x
  case $flags in *v*) \builtin set -v ;; esac
  case $flags in *x*) \builtin set -x ;; esac
}

# Also looked for where starship (below 5.1) and VS Code keep the PROMPT_COMMAND that they replaced.
__aws_cred_registered() {
  \builtin local all="${PROMPT_COMMAND[*]-}"
  case $all in *starship_precmd*) all="$all ${STARSHIP_PROMPT_COMMAND-}" ;; esac
  case $all in *__vsc_*) all="$all ${__vsc_original_prompt_command[*]-}" ;; esac
  case $all in *__aws_cred_prompt* | *__aws_cred_entry*) \builtin return 0 ;; esac
  \builtin return 1
}

# The type of PROMPT_COMMAND stays: VS Code takes a second element for a typed command. Joined by a newline, since
# `;` breaks after `foo;` and hides behind `# comment`. Last from 4.4 (PIPESTATUS of the others), first before it
# (starship's DEBUG trap times what comes after it), and before VS Code, whose trap reports what comes after it.
__aws_cred_register() {
  \builtin local flags entry=__aws_cred_prompt
  if [[ $__aws_cred_version -ge 404 ]]; then
    # $? of unset tells a readonly variable without value, at no fork; [0] keeps an empty array an array.
    if [[ -z ${PROMPT_COMMAND[*]-} ]]; then
      \builtin unset 'PROMPT_COMMAND[0]' 2>/dev/null || \builtin return 0
    fi
    flags="${PROMPT_COMMAND[*]@a}"
  else
    # One process, once: it fails where the variable is readonly.
    { flags="$(PROMPT_COMMAND="${PROMPT_COMMAND-}" && \builtin declare -p PROMPT_COMMAND)"; } 2>/dev/null || \builtin return 0
    flags="${flags#declare -}"
    flags="${flags%% *}"
  fi
  case $flags in *r*) \builtin return 0 ;; esac
  # An exported entry reaches child shells that lack the function: there this expands to nothing.
  case $flags in *x*) entry='${__aws_cred_entry-}' ;; esac
  if [[ $__aws_cred_version -ge 501 && $flags == *a* ]]; then PROMPT_COMMAND+=("$entry")
  elif [[ -z ${PROMPT_COMMAND:-} ]]; then PROMPT_COMMAND=$entry
  elif [[ $__aws_cred_version -ge 404 && $PROMPT_COMMAND != *__vsc_* ]]; then PROMPT_COMMAND="$PROMPT_COMMAND"$'\n'"$entry"
  else PROMPT_COMMAND="$entry"$'\n'"$PROMPT_COMMAND"; fi
}

case $- in
  *i*)
    __aws_cred_entry=__aws_cred_prompt
    \builtin export AWS_CRED_HOOKED="bash:$$"
    __aws_cred_registered || __aws_cred_register
    ;;
esac
