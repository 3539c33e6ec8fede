# aws-cred prompt hook for zsh 5.3 and later: source it at the end of ~/.zshrc.
# Says on stderr, once per change, when the AWS_* variables of this shell are stale or contradict each other.
# Keeps AWS_CRED_STATE (none ok soon expired unknown broken) and AWS_CRED_LEFT (minutes) for prompt themes.
# Settings: AWS_CRED_HOOK=off, AWS_CRED_WARN_MINUTES (10), NO_COLOR.
# All of it is two quoted words: the functions keep the emulation that they were defined under, whatever the options and
# aliases of the shell are, and no_xtrace keeps values out of a trace. A quote inside is written as the four characters that end and reopen it.
# The first word is what a prompt without news does not need; zsh skips it at start and reads it when it is first needed,
# since parsing it is most of what sourcing costs.

__aws_cred_load() {
'builtin' 'emulate' '-R' 'zsh' '-o' 'no_aliases' '-o' 'no_err_exit' '-o' 'no_xtrace' '-c' '
# Offset of local time from UTC at the epoch $1 in seconds. strftime -r is no help for the rest: it ignores zones.
__aws_cred_zone() {
  local zone=""
  { builtin strftime -s zone %z "$1" } 2>/dev/null || zone="${(%):-%D{%z\}}"
  __aws_cred_offset="${zone:0:1}$((10#${zone:1:2} * 3600 + 10#${zone:3:2} * 60))"
}

# ISO 8601 (or ten epoch digits) to epoch seconds in __aws_cred_at, empty if it is neither. Every digit is checked
# before arithmetic, which would run a value like a[$(cmd)].
__aws_cred_parse() {
  local s="$1" rest offset d="[0-9]" y m day days hour minute second
  __aws_cred_at=""
  if [[ $s == ${~d}${~d}${~d}${~d}${~d}${~d}${~d}${~d}${~d}${~d} ]]; then __aws_cred_at=$((10#$s)); fi
  if [[ ${#s} -gt 40 || $s != [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][Tt\ ][0-9][0-9]:[0-9][0-9]:[0-9][0-9]* ]]; then return 0; fi
  y=$((10#${s:0:4})) m=$((10#${s:5:2})) day=$((10#${s:8:2})) days=31 rest="${s:19}"
  hour=$((10#${s:11:2})) minute=$((10#${s:14:2})) second=$((10#${s:17:2}))
  case $m in (4|6|9|11) days=30 ;; (2) days=$((28 + (y % 4 == 0 && y % 100 != 0 || y % 400 == 0))) ;; esac
  if ((m < 1 || m > 12 || day < 1 || day > days || hour > 23 || minute > 59 || second > 60)); then return 0; fi
  if [[ $rest == [.,][0-9]* ]]; then
    rest="${rest:1}"
    while [[ $rest == [0-9]* ]]; do rest="${rest:1}"; done
  fi
  case $rest in
    (|Z|z) offset=0 ;;
    ([+-][0-9][0-9]:[0-9][0-9]|[+-][0-9][0-9][0-9][0-9])
      offset="${rest//:/}"
      offset="${offset:0:1}$((10#${offset:1:2} * 3600 + 10#${offset:3:2} * 60))"
      ;;
    (*) return 0 ;;
  esac
  if ((m <= 2)); then y=$((y - 1)) m=$((m + 12)); fi
  days=$((365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + day - 719469))
  s=$((days * 86400 + hour * 3600 + minute * 60 + second))
  if [[ -z $rest ]]; then
    # Without a zone it is local time (awsume). Twice: the first offset may be of the wrong side of a DST change.
    __aws_cred_zone "$s"
    __aws_cred_zone "$((s - __aws_cred_offset))"
    offset=$__aws_cred_offset
  fi
  __aws_cred_at=$((s - offset))
}

# What does not depend on the clock: called with the presence flags, only when something changed.
__aws_cred_judge() {
  local k="$1" s="$2" t="$3" l="$4" p="$5" d="$6" name="$7" text="$8" id="" token="" problem=""
  __aws_cred_base=none __aws_cred_problem="" __aws_cred_conflict="" __aws_cred_at=""
  if [[ -n $l ]]; then token=AWS_SECURITY_TOKEN; fi
  if [[ -n $t ]]; then token=AWS_SESSION_TOKEN; fi
  if [[ -n $p && -n $d && $AWS_PROFILE != "$AWS_DEFAULT_PROFILE" ]]; then __aws_cred_conflict=default; fi
  if [[ -z $k$s$token ]]; then return 0; fi
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
  elif [[ -n $t && -n $l && $AWS_SESSION_TOKEN != "$AWS_SECURITY_TOKEN" ]]; then problem=two-tokens; fi
  __aws_cred_base=broken __aws_cred_problem="$problem"
  if [[ -n $problem ]]; then return 0; fi
  __aws_cred_base=ok
  if [[ -n $p ]]; then __aws_cred_conflict=shadowed; fi
  if [[ -n $text ]]; then __aws_cred_parse "$text"; fi
  if [[ -n $text && -z $__aws_cred_at ]]; then __aws_cred_base=unknown __aws_cred_problem="unread:$name"
  elif [[ -z $text && -n $token ]]; then __aws_cred_base=unknown __aws_cred_problem=no-time; fi
}

__aws_cred_span() {
  if (($1 < 60)); then __aws_cred_text="$1 s"
  elif (($1 < 7200)); then __aws_cred_text="$(($1 / 60)) min"
  elif (($1 < 172800)); then __aws_cred_text="$(($1 / 3600)) h"
  else __aws_cred_text="$(($1 / 86400)) d"; fi
}

# A name is printed only if it cannot carry an escape sequence or shell syntax; empty otherwise.
__aws_cred_safe() {
  __aws_cred_text="$1"
  if [[ -z $1 || ${#1} -gt 64 || $1 == *[^A-Za-z0-9_.@:/+-]* ]]; then __aws_cred_text=""; fi
}

# The line for code $1, $2 seconds before the end, into __aws_cred_text.
__aws_cred_words() {
  local left="$2" of="" arg="" renew mend clear="eval \"\$(aws-cred export --unset)\"" what="${1#*:}" span
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
    (expired:*|no-*|long-lived:*|left-over:*|two-tokens) __aws_cred_color=31 ;;
    (renewed) __aws_cred_color=32 ;;
  esac
  case $1 in
    (expired:*) __aws_cred_text="this shell'\''s credentials$of expired $span ago; $mend" ;;
    (soon:*) __aws_cred_text="this shell'\''s credentials$of expire in $span; $renew" ;;
    (renewed) __aws_cred_text="this shell'\''s credentials$of are renewed${__aws_cred_at:+, $span left}" ;;
    (no-key:*) __aws_cred_text="AWS_ACCESS_KEY_ID is missing beside $what; clear: $clear" ;;
    (no-secret) __aws_cred_text="AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID; clear: $clear" ;;
    (no-token) __aws_cred_text="AWS_SESSION_TOKEN is missing beside a temporary AWS_ACCESS_KEY_ID (ASIA); $mend" ;;
    (no-time) __aws_cred_text="this shell'\''s credentials$of have a token but no known expiration; $renew" ;;
    (unread:*) __aws_cred_text="$what of this shell is not a time; $renew" ;;
    (long-lived:*) __aws_cred_text="${what/ / and } beside a long-lived AWS_ACCESS_KEY_ID (AKIA); clear: unset $what" ;;
    (left-over:*) __aws_cred_text="$what is left over from older keys; clear: unset $what" ;;
    (two-tokens) __aws_cred_text="AWS_SECURITY_TOKEN differs from AWS_SESSION_TOKEN (AWS CLI, boto3 take it first); clear: unset AWS_SECURITY_TOKEN" ;;
    (default) __aws_cred_text="AWS_DEFAULT_PROFILE differs from AWS_PROFILE (boto3, AWS CLI v1 take it first); clear: unset AWS_DEFAULT_PROFILE" ;;
    (shadowed)
      __aws_cred_safe "${AWS_PROFILE-}"
      __aws_cred_text="AWS_PROFILE${__aws_cred_text:+=}$__aws_cred_text is shadowed by AWS_ACCESS_KEY_ID (AWS CLI, boto3, Go), wins in JS; clear: $clear"
      ;;
    (*) __aws_cred_text="" ;;
  esac
}

# The state anew, and the line if it changed.
__aws_cred_look() {
  local k="" s="" t="" l="" p="" d="" name="" text="" key="$1" quiet="${2-}" left="" warn=10 code="" old="$__aws_cred_code" say=""
  if [[ -n ${AWS_ACCESS_KEY_ID:+x} && ${(t)AWS_ACCESS_KEY_ID} == *export* ]]; then k=x; fi
  if [[ -n ${AWS_SECRET_ACCESS_KEY:+x} && ${(t)AWS_SECRET_ACCESS_KEY} == *export* ]]; then s=x; fi
  if [[ -n ${AWS_SESSION_TOKEN:+x} && ${(t)AWS_SESSION_TOKEN} == *export* ]]; then t=x; fi
  if [[ -n ${AWS_SECURITY_TOKEN:+x} && ${(t)AWS_SECURITY_TOKEN} == *export* ]]; then l=x; fi
  if [[ -n ${AWS_PROFILE:+x} && ${(t)AWS_PROFILE} == *export* ]]; then p=x; fi
  if [[ -n ${AWS_DEFAULT_PROFILE:+x} && ${(t)AWS_DEFAULT_PROFILE} == *export* ]]; then d=x; fi
  if [[ -n ${AWS_CREDENTIAL_EXPIRATION:+x} ]]; then name=AWS_CREDENTIAL_EXPIRATION
  elif [[ -n ${AWS_SESSION_EXPIRATION:+x} ]]; then name=AWS_SESSION_EXPIRATION
  elif [[ -n ${AWSUME_EXPIRATION:+x} && $AWSUME_EXPIRATION != None ]]; then name=AWSUME_EXPIRATION
  elif [[ -n ${AWS_SSO_SESSION_EXPIRATION:+x} ]]; then name=AWS_SSO_SESSION_EXPIRATION; fi
  # Once taken away, the same time is of whatever keys it comes back with.
  if [[ -n $name ]]; then text="${(P)name}"; else __aws_cred_time=""; fi
  if [[ ${AWS_CRED_HOOK-} == off || -z $k$s$t$l && -z $d ]]; then
    AWS_CRED_STATE=none AWS_CRED_LEFT="" __aws_cred_key="" __aws_cred_told="" __aws_cred_code="" __aws_cred_note="" __aws_cred_conflict=""
    __aws_cred_at=""
    return 0
  fi
  if [[ $key != "$__aws_cred_key" ]]; then
    __aws_cred_key="$key"
    __aws_cred_judge "$k" "$s" "$t" "$l" "$p" "$d" "$name" "$text"
  fi
  AWS_CRED_STATE=$__aws_cred_base AWS_CRED_LEFT="" code="$__aws_cred_problem"
  if [[ -n $__aws_cred_at ]]; then
    __aws_cred_now
    left=$((__aws_cred_at - __aws_cred_clock))
    case ${AWS_CRED_WARN_MINUTES:-x} in (*[^0-9]*|?????*) ;; (*) warn=$((10#$AWS_CRED_WARN_MINUTES)) ;; esac
    AWS_CRED_LEFT=$((left > 0 ? left / 60 : 0))
    __aws_cred_from=$__aws_cred_clock __aws_cred_until=$((left % 60 > 0 ? __aws_cred_clock + left % 60 : __aws_cred_clock + 1))
    if ((left <= 0)); then AWS_CRED_STATE=expired code="expired:$__aws_cred_at" __aws_cred_until=99999999999
    elif ((left <= warn * 60)); then AWS_CRED_STATE=soon code="soon:$__aws_cred_at"; fi
  fi
  # A conflict waits behind what stops the credentials from working.
  if [[ -n $__aws_cred_conflict && (-z $code || $AWS_CRED_STATE == unknown) ]]; then code="$__aws_cred_conflict"; fi
  __aws_cred_told="$code" __aws_cred_left="${left:-0}"
  # Output while powerlevel10k shows its instant prompt brings its long warning: the next prompt will do.
  if [[ $code == "$old" || $quiet == quiet || -n ${__p9k_instant_prompt_active:+x} ]]; then return 0; fi
  __aws_cred_code="$code" say="$code"
  if [[ -z $code || $code == "$__aws_cred_note" ]]; then
    say=""
    case $old in
      (|shadowed|default|*:"$__aws_cred_at") ;;
      (*) if [[ $AWS_CRED_STATE == ok ]]; then say=renewed; fi ;;
    esac
  fi
  if [[ -z $__aws_cred_conflict || $code == "$__aws_cred_conflict" ]]; then __aws_cred_note="$__aws_cred_conflict"; fi
  if [[ -z $say ]]; then return 0; fi
  __aws_cred_words "$say" "${left:-0}"
  if [[ -n ${NO_COLOR-} || ${TERM:-dumb} == dumb || ! -t 2 ]]; then
    builtin print -r -- "aws-cred: $__aws_cred_text" >&2
  else
    builtin printf "\033[%sm%s\033[0m %s\n" "$__aws_cred_color" aws-cred: "$__aws_cred_text" >&2
  fi
  return 0
}

__aws_cred_report() {
  if [[ ${AWS_CRED_HOOK-} == off ]]; then builtin print -r -- "off: AWS_CRED_HOOK=off"; return 0; fi
  # Without a key it is judged afresh.
  __aws_cred_key="" __aws_cred_told="" __aws_cred_left=0 __aws_cred_text=""
  __aws_cred_check quiet
  if [[ -n $__aws_cred_told ]]; then __aws_cred_words "$__aws_cred_told" "$__aws_cred_left"; fi
  builtin print -r -- "$AWS_CRED_STATE${AWS_CRED_LEFT:+, $AWS_CRED_LEFT min left}${__aws_cred_text:+: $__aws_cred_text}"
  if [[ " ${precmd_functions[*]-} " == *" __aws_cred_precmd "* ]]; then
    builtin print -r -- "hook registered, zsh:$$"
  else
    builtin print -r -- "hook overwritten: precmd_functions was replaced; source hook.zsh again, last in ~/.zshrc"
  fi
}

builtin zmodload -F zsh/datetime p:EPOCHSECONDS b:strftime 2>/dev/null
__aws_cred_loaded=x
'
}

'builtin' 'emulate' '-R' 'zsh' '-o' 'no_aliases' '-o' 'no_err_exit' '-o' 'no_xtrace' '-c' '
builtin unset AWS_CRED_STATE AWS_CRED_LEFT
AWS_CRED_STATE=none AWS_CRED_LEFT=""
__aws_cred_key="" __aws_cred_base=none __aws_cred_problem="" __aws_cred_conflict="" __aws_cred_at="" __aws_cred_told="" __aws_cred_loaded=""
# Sourced again: what was told stays told.
__aws_cred_code="${__aws_cred_code-}" __aws_cred_note="${__aws_cred_note-}"
__aws_cred_time="${__aws_cred_time-}" __aws_cred_time_of="${__aws_cred_time_of-}" __aws_cred_time_for="${__aws_cred_time_for-${AWS_CRED_PROFILE-}}"

# The clock without a process; %D is there even where the module is not.
__aws_cred_now() {
  __aws_cred_clock="${EPOCHSECONDS:-${(%):-%D{%s\}}}"
}

# Brings AWS_CRED_STATE and AWS_CRED_LEFT up to date; $1 = quiet: prints nothing and leaves the change to be told later.
# Most prompts end here: the same variables, and no full minute passed.
__aws_cred_check() {
  # What is not exported no tool sees.
  __aws_cred_new="${AWS_ACCESS_KEY_ID:+0${AWS_ACCESS_KEY_ID:0:4}${AWS_ACCESS_KEY_ID: -4}${(t)AWS_ACCESS_KEY_ID}}${AWS_SECRET_ACCESS_KEY:+1${(t)AWS_SECRET_ACCESS_KEY}}${AWS_SESSION_TOKEN:+2${(t)AWS_SESSION_TOKEN}}${AWS_SECURITY_TOKEN:+3${(t)AWS_SECURITY_TOKEN}${AWS_SESSION_TOKEN:+${#AWS_SESSION_TOKEN} ${#AWS_SECURITY_TOKEN}}},${AWS_CREDENTIAL_EXPIRATION-},${AWS_SESSION_EXPIRATION-},${AWSUME_EXPIRATION-},${AWS_SSO_SESSION_EXPIRATION-},${AWS_PROFILE:+$AWS_PROFILE ${(t)AWS_PROFILE}},${AWS_DEFAULT_PROFILE:+$AWS_DEFAULT_PROFILE ${(t)AWS_DEFAULT_PROFILE}},${AWS_CRED_PROFILE-},${AWS_CRED_WARN_MINUTES-},${AWS_CRED_HOOK-},${TZ-}"
  if [[ $__aws_cred_new == "$__aws_cred_key" && $__aws_cred_told == "$__aws_cred_code" && -z ${1-} ]]; then
    if [[ -z $__aws_cred_at ]]; then return 0; fi
    __aws_cred_now
    if ((__aws_cred_clock >= __aws_cred_from && __aws_cred_clock < __aws_cred_until)); then return 0; fi
  fi
  if [[ -z $__aws_cred_loaded ]]; then __aws_cred_load; fi
  __aws_cred_look "$__aws_cred_new" "${1-}"
}

# Returns 0 always: zsh restores $? itself, and a status returned would end an ERR_EXIT shell.
__aws_cred_precmd() {
  if [[ -n ${AWS_ACCESS_KEY_ID:+x} || -n ${AWS_SECRET_ACCESS_KEY:+x}${AWS_SESSION_TOKEN:+x}${AWS_SECURITY_TOKEN:+x}${AWS_DEFAULT_PROFILE:+x}$__aws_cred_key ]]; then
    __aws_cred_check
  fi
  return 0
}

aws_cred_status() {
  if [[ -z $__aws_cred_loaded ]]; then __aws_cred_load; fi
  __aws_cred_report
}

# What add-zsh-hook does, by hand: autoloading that costs 0.4 ms, four fifths of what this file may.
if [[ -o interactive ]]; then
  builtin export AWS_CRED_HOOKED="zsh:$$"
  if [[ " ${precmd_functions[*]-} " != *" __aws_cred_precmd "* ]]; then
    builtin typeset -ga precmd_functions
    precmd_functions+=(__aws_cred_precmd)
  fi
fi
'
