# aws-cred prompt hook for fish 3.2 and later: source it at the end of ~/.config/fish/config.fish.
# Says on stderr, once per change, when the AWS_* variables of this shell are stale or contradict each other.
# Keeps AWS_CRED_STATE (none ok soon expired unknown broken) and AWS_CRED_LEFT (minutes) for prompt themes.
# Settings: AWS_CRED_HOOK=off, AWS_CRED_WARN_MINUTES (10), NO_COLOR.
# Secrets are looked at only inside event handlers: fish_trace does not reach there.
# Without the path builtin (before 3.5) the clock is `date`, run only while an expiration is set; a time without a zone
# costs one `date` when it changes, since fish knows no zones.
# What a prompt without news does not need is one quoted word, which fish skips at start and reads when it is first needed:
# parsing it is most of what sourcing costs. Strings inside are in double quotes.

set -e AWS_CRED_STATE
set -e AWS_CRED_LEFT
set -gu AWS_CRED_STATE none
set -gu AWS_CRED_LEFT ''
set -g __aws_cred_loaded ''
set -g __aws_cred_dirty 1
# Until when no prompt can have news: a number for the clock, never, or empty for a look now.
set -g __aws_cred_until ''

# The clock as two numbers whose sum is now: the mtime of / and its age, both from one substitution (each costs 80 us).
function __aws_cred_clock
    if test "$__aws_cred_path" = 1
        set -g __aws_cred_now (builtin path mtime /; builtin path mtime -R /)
    else
        set -g __aws_cred_now 0 (command date +%s)
    end
end

# Brings AWS_CRED_STATE and AWS_CRED_LEFT up to date; quiet: prints nothing and leaves the change to be told later.
# Most prompts end here: no variable was set or erased, and no full minute passed.
function __aws_cred_check
    if test "$__aws_cred_until" = never
        return 0
    else if test -n "$__aws_cred_until"
        __aws_cred_clock
        # Unless / was touched or the clock stepped back.
        test "$__aws_cred_now[1]" = "$__aws_cred_stamp" -a "$__aws_cred_now[2]" -lt "$__aws_cred_until" -a "$__aws_cred_now[2]" -ge "$__aws_cred_from"
        and return 0
    else if test -z "$__aws_cred_loaded"
        if not set -q AWS_ACCESS_KEY_ID; and not set -q AWS_SECRET_ACCESS_KEY; and not set -q AWS_SESSION_TOKEN; and not set -q AWS_SECURITY_TOKEN; and not set -q AWS_DEFAULT_PROFILE
            set -g __aws_cred_until never
            return 0
        end
        __aws_cred_load
    end
    __aws_cred_tell $argv
end

function __aws_cred_changed --on-variable AWS_ACCESS_KEY_ID --on-variable AWS_SECRET_ACCESS_KEY --on-variable AWS_SESSION_TOKEN --on-variable AWS_SECURITY_TOKEN --on-variable AWS_PROFILE --on-variable AWS_DEFAULT_PROFILE --on-variable AWS_CREDENTIAL_EXPIRATION --on-variable AWS_SESSION_EXPIRATION --on-variable AWSUME_EXPIRATION --on-variable AWS_SSO_SESSION_EXPIRATION --on-variable AWS_CRED_WARN_MINUTES --on-variable AWS_CRED_HOOK --on-variable TZ
    set -g __aws_cred_dirty 1
    set -g __aws_cred_until ''
    # The time of the keys was set again, maybe to what it was, as by `aws-cred export`: it is of the keys at the next prompt.
    string match -q "$argv[3]:*" -- "$__aws_cred_time"; and set -g __aws_cred_time ''
end

function __aws_cred_load
    test -n "$__aws_cred_loaded"; and return 0
    eval '
for name in base problem conflict at from stamp told now left
    set -g __aws_cred_$name ""
end
# Sourced again: what was told stays told.
for name in code note time time_of
    set -q __aws_cred_$name; or set -g __aws_cred_$name ""
end
if not set -q __aws_cred_path
    set -g __aws_cred_path 0
    builtin -q path; and set -g __aws_cred_path 1
end

# ISO 8601 (or ten epoch digits) to epoch seconds in __aws_cred_at, empty if it is neither.
function __aws_cred_parse
    set -g __aws_cred_at ""
    if string match -qr "^[0-9]{10}\z" -- $argv[1]
        set -g __aws_cred_at $argv[1]
        return 0
    end
    set -l m (string match -r "^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]{1,12})?([Zz]|[+-][0-9]{2}:?[0-9]{2}|)\z" -- $argv[1])
    or return 0
    set -l y (math $m[2])
    set -l month (math $m[3])
    set -l days 31
    if contains -- $month 4 6 9 11
        set days 30
    else if test $month = 2
        set days 28
        test (math "$y % 4") = 0; and test (math "$y % 100") != 0 -o (math "$y % 400") = 0; and set days 29
    end
    test $month -ge 1 -a $month -le 12 -a $m[4] -ge 1 -a $m[4] -le $days -a $m[5] -le 23 -a $m[6] -le 59 -a $m[7] -le 60
    or return 0
    if test -z "$m[8]"
        # Without a zone it is local time (awsume): GNU date, else the BSD one.
        set -l text "$m[2]-$m[3]-$m[4] $m[5]:$m[6]:$m[7]"
        set -g __aws_cred_at (command date -d "$text" +%s 2>/dev/null; or command date -j -f "%Y-%m-%d %H:%M:%S" "$text" +%s 2>/dev/null)
        return 0
    end
    set -l offset 0
    set -l zone (string match -r "^([+-])([0-9]{2}):?([0-9]{2})" -- $m[8])
    and set offset (math "$zone[2]1 * ($zone[3] * 3600 + $zone[4] * 60)")
    if test $month -le 2
        set y (math $y - 1)
        set month (math $month + 12)
    end
    set days (math "365 * $y + floor($y / 4) - floor($y / 100) + floor($y / 400) + floor((153 * ($month - 3) + 2) / 5) + $m[4] - 719469")
    set -g __aws_cred_at (math "$days * 86400 + $m[5] * 3600 + $m[6] * 60 + $m[7] - $offset")
end

# What does not depend on the clock; runs when one of the variables was set or erased.
function __aws_cred_judge
    set -g __aws_cred_base none
    set -g __aws_cred_problem ""
    set -g __aws_cred_conflict ""
    set -g __aws_cred_at ""
    test "$AWS_CRED_HOOK" = off; and return 0
    # What is not exported no tool sees.
    set -l k ""; set -l s ""; set -l t ""; set -l l ""; set -l p ""; set -l d ""
    set -qx AWS_ACCESS_KEY_ID; and test -n "$AWS_ACCESS_KEY_ID"; and set k x
    set -qx AWS_SECRET_ACCESS_KEY; and test -n "$AWS_SECRET_ACCESS_KEY"; and set s x
    set -qx AWS_SESSION_TOKEN; and test -n "$AWS_SESSION_TOKEN"; and set t AWS_SESSION_TOKEN
    set -qx AWS_SECURITY_TOKEN; and test -n "$AWS_SECURITY_TOKEN"; and set l AWS_SECURITY_TOKEN
    set -qx AWS_PROFILE; and test -n "$AWS_PROFILE"; and set p x
    set -qx AWS_DEFAULT_PROFILE; and test -n "$AWS_DEFAULT_PROFILE"; and set d x
    test -n "$p" -a -n "$d" -a "$AWS_PROFILE" != "$AWS_DEFAULT_PROFILE"; and set -g __aws_cred_conflict default
    test -z "$k$s$t$l"; and return 0
    set -l name ""
    set -l text ""
    for v in AWS_CREDENTIAL_EXPIRATION AWS_SESSION_EXPIRATION AWSUME_EXPIRATION AWS_SSO_SESSION_EXPIRATION
        if test -n "$$v"; and test "$v$$v" != AWSUME_EXPIRATIONNone
            set name $v
            set text "$$v"
            break
        end
    end
    set -l id ""
    if test -n "$k"
        set id (string sub -l 4 -- "$AWS_ACCESS_KEY_ID")(string sub -s -4 -- "$AWS_ACCESS_KEY_ID")
        if test -n "$text" -a "$name:$text" != "$__aws_cred_time"
            set -g __aws_cred_time "$name:$text"
            set -g __aws_cred_time_of "$id"
        end
    end
    set -l problem ""
    if test -z "$k" -a -n "$s"
        set problem no-key:AWS_SECRET_ACCESS_KEY
    else if test -z "$k"
        set problem no-key:(string split " " -- (string trim "$t $l"))[1]
    else if test -z "$s"
        set problem no-secret
    else if string match -q "ASIA*" -- $id; and test -z "$t$l"
        set problem no-token
    else if string match -q "AKIA*" -- $id; and test -n "$t$l"
        set problem long-lived:(string trim "$t $l")
    else if test -n "$text"; and string match -q "AKIA*" -- $id; or test -n "$text" -a "$id" != "$__aws_cred_time_of"
        set problem left-over:$name
    else if test -n "$t" -a -n "$l"; and test "$AWS_SESSION_TOKEN" != "$AWS_SECURITY_TOKEN"
        set problem two-tokens
    end
    set -g __aws_cred_base broken
    set -g __aws_cred_problem "$problem"
    test -n "$problem"; and return 0
    set -g __aws_cred_base ok
    test -n "$p"; and set -g __aws_cred_conflict shadowed
    # setx of old days: universal variables outlive the shell and come back in every new one.
    set -qU AWS_ACCESS_KEY_ID; or set -qU AWS_SECRET_ACCESS_KEY; or set -qU AWS_SESSION_TOKEN
    and set -g __aws_cred_conflict persisted
    test -n "$text"; and __aws_cred_parse "$text"
    if test -n "$text" -a -z "$__aws_cred_at"
        set -g __aws_cred_base unknown
        set -g __aws_cred_problem unread:$name
    else if test -z "$text" -a -n "$t$l"
        set -g __aws_cred_base unknown
        set -g __aws_cred_problem no-time
    end
end

function __aws_cred_span
    if test $argv[1] -lt 60
        echo "$argv[1] s"
    else if test $argv[1] -lt 7200
        echo (math "floor($argv[1] / 60)") min
    else if test $argv[1] -lt 172800
        echo (math "floor($argv[1] / 3600)") h
    else
        echo (math "floor($argv[1] / 86400)") d
    end
end

# The line for code $argv[1], $argv[2] seconds before the end. Names are shown only if they carry no escapes or syntax.
function __aws_cred_words
    set -l of ""
    set -l arg ""
    if string match -qr "^[A-Za-z0-9_.@:/+-]{1,64}\z" -- "$AWS_CRED_PROFILE"
        set of " of $AWS_CRED_PROFILE"
        set arg " --profile $AWS_CRED_PROFILE"
    end
    set -l renew "renew: aws-cred export$arg --format fish | source"
    set -l clear "clear: aws-cred export --unset --format fish | source"
    set -l mend $renew
    # Keys from elsewhere: export would take the profile default, which is most often not theirs, or none.
    if test -z "$AWS_CRED_PROFILE$AWS_PROFILE$AWS_DEFAULT_PROFILE"
        set renew "see: aws-cred doctor"
        set mend $clear
    end
    set -l span (__aws_cred_span (string replace -- - "" $argv[2]))
    set -l what (string replace -r "^[^:]*:" "" -- $argv[1])
    switch $argv[1]
        case "expired:*"
            echo "this shell\'s credentials$of expired $span ago; $mend"
        case "soon:*"
            echo "this shell\'s credentials$of expire in $span; $renew"
        case renewed
            set -l rest ""
            test -n "$__aws_cred_at"; and set rest ", $span left"
            echo "this shell\'s credentials$of are renewed$rest"
        case "no-key:*"
            echo "AWS_ACCESS_KEY_ID is missing beside $what; $clear"
        case no-secret
            echo "AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID; $clear"
        case no-token
            echo "AWS_SESSION_TOKEN is missing beside a temporary AWS_ACCESS_KEY_ID (ASIA); $mend"
        case no-time
            echo "this shell\'s credentials$of have a token but no known expiration; $renew"
        case "unread:*"
            echo "$what of this shell is not a time; $renew"
        case "long-lived:*"
            echo (string replace " " " and " -- $what)" beside a long-lived AWS_ACCESS_KEY_ID (AKIA); clear: set -e $what"
        case "left-over:*"
            echo "$what is left over from older keys; clear: set -e $what"
        case two-tokens
            echo "AWS_SECURITY_TOKEN differs from AWS_SESSION_TOKEN (AWS CLI, boto3 take it first); clear: set -e AWS_SECURITY_TOKEN"
        case default
            echo "AWS_DEFAULT_PROFILE differs from AWS_PROFILE (boto3, AWS CLI v1 take it first); clear: set -e AWS_DEFAULT_PROFILE"
        case persisted
            echo "AWS keys are kept on disk as universal variables of fish; clear: aws-cred export --unset --persisted --format fish | source"
        case shadowed
            set -l which AWS_PROFILE
            string match -qr "^[A-Za-z0-9_.@:/+-]{1,64}\z" -- "$AWS_PROFILE"; and set which "AWS_PROFILE=$AWS_PROFILE"
            echo "$which is shadowed by AWS_ACCESS_KEY_ID (AWS CLI, boto3, Go), wins in JS; $clear"
    end
end

# The state anew, and the line if it changed.
function __aws_cred_tell
    if test $__aws_cred_dirty = 1
        set -g __aws_cred_dirty 0
        __aws_cred_judge
    end
    set -g __aws_cred_until never
    set -l left 0
    set -l code "$__aws_cred_problem"
    set -l state $__aws_cred_base
    set -l minutes ""
    if test -n "$__aws_cred_at"
        __aws_cred_clock
        set -l warn 10
        string match -qr "^[0-9]{1,4}\z" -- "$AWS_CRED_WARN_MINUTES"; and set warn $AWS_CRED_WARN_MINUTES
        set left (math "$__aws_cred_at - $__aws_cred_now[1] - $__aws_cred_now[2]")
        set minutes (math "floor($left / 60)")
        test $left -gt 0; or set minutes 0
        set -g __aws_cred_stamp $__aws_cred_now[1]
        set -g __aws_cred_from $__aws_cred_now[2]
        set -l step (math "$left % 60")
        test $step -gt 0; or set step 1
        set -g __aws_cred_until (math "$__aws_cred_now[2] + $step")
        if test $left -le 0
            set state expired
            set code expired:$__aws_cred_at
            set -g __aws_cred_until 99999999999
        else if test $left -le (math "$warn * 60")
            set state soon
            set code soon:$__aws_cred_at
        end
    end
    set -g AWS_CRED_STATE $state
    set -g AWS_CRED_LEFT $minutes
    # A conflict waits behind what stops the credentials from working.
    if test -n "$__aws_cred_conflict"
        test -z "$code" -o $state = unknown; and set code $__aws_cred_conflict
    end
    set -g __aws_cred_told "$code"
    set -g __aws_cred_left $left
    test "$code" = "$__aws_cred_code"; and return 0
    if test "$argv[1]" = quiet
        set -g __aws_cred_until ""
        return 0
    end
    set -l old "$__aws_cred_code"
    set -g __aws_cred_code "$code"
    set -l say "$code"
    if test -z "$code" -o "$code" = "$__aws_cred_note"
        set say ""
        if test $state = ok; and not contains -- "$old" "" shadowed default persisted "soon:$__aws_cred_at" "expired:$__aws_cred_at"
            set say renewed
        end
    end
    test -z "$__aws_cred_conflict" -o "$code" = "$__aws_cred_conflict"; and set -g __aws_cred_note "$__aws_cred_conflict"
    test -z "$say"; and return 0
    set -l text (__aws_cred_words $say $left)
    if test -n "$NO_COLOR" -o "$TERM" = dumb; or not test -t 2
        builtin printf "aws-cred: %s\n" $text >&2
    else
        set -l color 33
        string match -qr "^(expired|no-key|no-secret|no-token|long|left|two)" -- $say; and set color 31
        test $say = renewed; and set color 32
        builtin printf "\e[%sm%s\e[0m %s\n" $color aws-cred: $text >&2
    end
end

function __aws_cred_report
    set -l line $AWS_CRED_STATE
    test -n "$AWS_CRED_LEFT"; and set line "$line, $AWS_CRED_LEFT min left"
    test -n "$__aws_cred_told"; and set line "$line: "(__aws_cred_words $__aws_cred_told $__aws_cred_left)
    echo $line
    if functions -q __aws_cred_prompt
        echo "hook registered, fish:$fish_pid"
    else
        echo "hook overwritten: __aws_cred_prompt was erased; source hook.fish again, last in config.fish"
    end
end
'
    set -g __aws_cred_loaded 1
end

if status is-interactive
    set -gx AWS_CRED_HOOKED fish:$fish_pid
    function __aws_cred_prompt --on-event fish_prompt
        __aws_cred_check
    end
end

# The look is an event, so that fish_trace does not show it.
function __aws_cred_look --on-event aws_cred_look
    __aws_cred_load
    __aws_cred_tell quiet
end

function aws_cred_status
    if test "$AWS_CRED_HOOK" = off
        echo 'off: AWS_CRED_HOOK=off'
        return 0
    end
    emit aws_cred_look
    __aws_cred_report
end
