# aws-cred prompt hook for Windows PowerShell 5.1 and PowerShell 7: dot-source it as the last line of $PROFILE.
# Says on stderr, once per change, when the AWS_* variables of this shell are stale or contradict each other.
# Keeps $AWS_CRED_STATE (none ok soon expired unknown broken) and $AWS_CRED_LEFT (minutes) for prompt themes.
# Settings: $env:AWS_CRED_HOOK=off, AWS_CRED_WARN_MINUTES (10), NO_COLOR.
# The language, .NET and $Host.UI only: a cmdlet may load a module, or be a function of the user's. Nothing is put into
# the pipeline of prompt, whose first object is the prompt. ASCII only: 5.1 reads a file without BOM as ANSI.
# A method call, a comparison or the name of a .NET type costs milliseconds when it is first met, a plain statement next to
# nothing. So loading meets none, nor does a prompt without AWS variables: all else is one string below, parsed when needed.

# $? first, and false again before the wrapped prompt, which may show it. A failing check never breaks a prompt.
$__AwsCredPrompt = {
    $__AwsCredOk = $?
    $global:__AwsCredRan = $MyInvocation
    if ($env:AWS_ACCESS_KEY_ID -or $env:AWS_SECRET_ACCESS_KEY -or $env:AWS_SESSION_TOKEN -or $env:AWS_SECURITY_TOKEN -or
        $env:AWS_DEFAULT_PROFILE -or $global:__AwsCredKey) {
        try { $null = __AwsCredLook } catch { $global:Error.RemoveAt(0) }
    }
    if (-not $__AwsCredOk) {
        if ($null -eq $global:__AwsCred) { __AwsCredLoad }
        __AwsCredFail -ErrorAction Ignore
    }
    & $global:__AwsCredPrompt0
}

# Sourced again: the functions that are there put ours around a prompt that has taken its place since.
if (${function:global:__AwsCredLoad} -is [scriptblock]) { __AwsCredLoad; __AwsCredWrap $__AwsCredPrompt }
else {
    $global:__AwsCred = $null
    $global:__AwsCredRan = $null
    $global:__AwsCredPrompt0 = ${function:global:prompt}
    ${function:global:prompt} = $__AwsCredPrompt
}
$global:AWS_CRED_STATE = 'none'
$global:AWS_CRED_LEFT = ''
$global:__AwsCredKey = ''
$env:AWS_CRED_HOOKED = -join ('powershell:', $PID)

# Puts the functions that do the work in the place of the two below.
function global:__AwsCredLoad {
    # .NET calls would fail there.
    if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
        function global:__AwsCredLook { }
        function global:__AwsCredWrap { }
        function global:__AwsCredFail { [CmdletBinding()] param() }
        function global:Get-AwsCredStatus { 'off: the hook needs the language mode FullLanguage' }
        $env:AWS_CRED_HOOKED = $null
        return
    }
    & ([scriptblock]::Create(@'
# Sourced again: what was told stays told.
$old = $global:__AwsCred
$global:__AwsCred = @{ Code = ''; Note = ''; Base = 'none'; Problem = ''; Conflict = ''; At = $null; Left = 0
    Time = ''; TimeOf = ''; TimeFor = ''; Told = ''; Seen = 0; From = [long]0; Until = [long]0 }
if ($null -ne $old) {
    foreach ($name in 'Code', 'Note', 'Time', 'TimeOf', 'TimeFor') { $global:__AwsCred[$name] = $old[$name] }
}

function global:__AwsCredNow { [DateTime]::UtcNow.Ticks }

# True where `setx` has put keys into the registry; asked on a change only.
function global:__AwsCredPersisted {
    if ([Environment]::OSVersion.Platform -ne [PlatformID]::Win32NT) { return $false }
    foreach ($name in 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN') {
        foreach ($scope in 'User', 'Machine') {
            if ([Environment]::GetEnvironmentVariable($name, $scope)) { return $true }
        }
    }
    $false
}

# ISO 8601 (or ten epoch digits) to UTC ticks, $null if it is neither. Without a zone it is local time; the calendar of
# the user's culture has no say.
function global:__AwsCredParse([string]$Text) {
    if ($Text -cmatch '^[0-9]{10}\z') { return 621355968000000000 + [long]$Text * 10000000 }
    $shape = '^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,][0-9]{1,12})?([Zz]|[+-][0-9]{2}:?[0-9]{2}|)\z'
    $m = [regex]::Match($Text, $shape)
    if (-not $m.Success) { return $null }
    $zone = $m.Groups[3].Value.ToUpperInvariant()
    if ($zone.Length -eq 5) { $zone = $zone.Insert(3, ':') }
    $at = [DateTimeOffset]::MinValue
    $iso = $m.Groups[1].Value + 'T' + $m.Groups[2].Value + $zone
    $culture = [Globalization.CultureInfo]::InvariantCulture
    if ([DateTimeOffset]::TryParse($iso, $culture, [Globalization.DateTimeStyles]::AssumeLocal, [ref]$at)) { return $at.UtcTicks }
    $null
}

# What does not depend on the clock: called only when something changed.
function global:__AwsCredJudge([bool]$K, [bool]$S, [bool]$T, [bool]$L, [string]$Profile1, [string]$Profile2, [string]$Id, [string]$Name, [string]$Text) {
    $a = $global:__AwsCred
    $a.Base = 'none'; $a.Problem = ''; $a.Conflict = ''; $a.At = $null
    if ($Profile1 -and $Profile2 -and $Profile1 -cne $Profile2) { $a.Conflict = 'default' }
    if (-not ($K -or $S -or $T -or $L)) { return }
    $token = ''
    if ($L) { $token = 'AWS_SECURITY_TOKEN' }
    if ($T) { $token = 'AWS_SESSION_TOKEN' }
    # A time belongs to the keys that it came with. Another AWS_CRED_PROFILE came with keys and time of its own: two sessions
    # may end in the same second.
    $for = [Environment]::GetEnvironmentVariable('AWS_CRED_PROFILE')
    if ($K -and $Text -and ("${Name}:$Text" -cne $a.Time -or ($for -and $for -cne $a.TimeFor))) {
        $a.Time = "${Name}:$Text"; $a.TimeOf = $Id; $a.TimeFor = $for
    }
    $problem = ''
    if (-not $K -and $S) { $problem = 'no-key:AWS_SECRET_ACCESS_KEY' }
    elseif (-not $K) { $problem = "no-key:$token" }
    elseif (-not $S) { $problem = 'no-secret' }
    elseif ($Id -clike 'ASIA*' -and -not $token) { $problem = 'no-token' }
    elseif ($Id -clike 'AKIA*' -and $T -and $L) { $problem = 'long-lived:AWS_SESSION_TOKEN AWS_SECURITY_TOKEN' }
    elseif ($Id -clike 'AKIA*' -and $token) { $problem = "long-lived:$token" }
    elseif ($Text -and ($Id -clike 'AKIA*' -or $Id -cne $a.TimeOf)) { $problem = "left-over:$Name" }
    # The values stay out of variables: Set-PSDebug -Trace 2 prints assignments.
    elseif ($T -and $L -and [Environment]::GetEnvironmentVariable('AWS_SESSION_TOKEN') -cne [Environment]::GetEnvironmentVariable('AWS_SECURITY_TOKEN')) { $problem = 'two-tokens' }
    $a.Base = 'broken'; $a.Problem = $problem
    if ($problem) { return }
    $a.Base = 'ok'
    if ($Profile1) { $a.Conflict = 'shadowed' }
    if (__AwsCredPersisted) { $a.Conflict = 'persisted' }
    if ($Text) { $a.At = __AwsCredParse $Text }
    if ($Text -and $null -eq $a.At) { $a.Base = 'unknown'; $a.Problem = "unread:$Name" }
    elseif (-not $Text -and $token) { $a.Base = 'unknown'; $a.Problem = 'no-time' }
}

function global:__AwsCredSpan([long]$Seconds) {
    if ($Seconds -lt 60) { return "$Seconds s" }
    if ($Seconds -lt 7200) { return "$([Math]::Floor($Seconds / 60)) min" }
    if ($Seconds -lt 172800) { return "$([Math]::Floor($Seconds / 3600)) h" }
    "$([Math]::Floor($Seconds / 86400)) d"
}

# The line for a code. Names are shown only if they carry neither escapes nor syntax.
function global:__AwsCredWords([string]$Code, [long]$Left) {
    $name = '^[A-Za-z0-9_.@:/+-]{1,64}\z'
    $of = ''; $arg = ''
    $profile1 = [Environment]::GetEnvironmentVariable('AWS_CRED_PROFILE')
    if ($profile1 -cmatch $name) { $of = " of $profile1"; $arg = " --profile $profile1" }
    $end = ' --format powershell | Out-String | Invoke-Expression'
    $renew = "renew: aws-cred export$arg$end"
    $clear = "clear: aws-cred export --unset$end"
    $mend = $renew
    # Keys from elsewhere: export would take the profile default, which is most often not theirs, or none.
    if (-not ($profile1 + $env:AWS_PROFILE + $env:AWS_DEFAULT_PROFILE)) { $renew = 'see: aws-cred doctor'; $mend = $clear }
    $span = __AwsCredSpan ([Math]::Abs($Left))
    $what = $Code.Substring($Code.IndexOf(':') + 1)
    switch -Wildcard -CaseSensitive ($Code) {
        'expired:*' { "this shell's credentials$of expired $span ago; $mend"; break }
        'soon:*' { "this shell's credentials$of expire in $span; $renew"; break }
        'renewed' {
            $rest = ''
            if ($null -ne $global:__AwsCred.At) { $rest = ", $span left" }
            "this shell's credentials$of are renewed$rest"; break
        }
        'no-key:*' { "AWS_ACCESS_KEY_ID is missing beside $what; $clear"; break }
        'no-secret' { "AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID; $clear"; break }
        'no-token' { "AWS_SESSION_TOKEN is missing beside a temporary AWS_ACCESS_KEY_ID (ASIA); $mend"; break }
        'no-time' { "this shell's credentials$of have a token but no known expiration; $renew"; break }
        'unread:*' { "$what of this shell is not a time; $renew"; break }
        'long-lived:*' {
            $cure = '$env:' + $what.Replace(' ', ' = $env:') + ' = $null'
            "$($what.Replace(' ', ' and ')) beside a long-lived AWS_ACCESS_KEY_ID (AKIA); clear: $cure"; break
        }
        'left-over:*' { "$what is left over from older keys; clear: `$env:$what = `$null"; break }
        'two-tokens' { 'AWS_SECURITY_TOKEN differs from AWS_SESSION_TOKEN (AWS CLI, boto3 take it first); clear: $env:AWS_SECURITY_TOKEN = $null'; break }
        'default' { 'AWS_DEFAULT_PROFILE differs from AWS_PROFILE (boto3, AWS CLI v1 take it first); clear: $env:AWS_DEFAULT_PROFILE = $null'; break }
        'persisted' { "AWS keys are kept in the registry by setx; clear: aws-cred export --unset --persisted$end"; break }
        'shadowed' {
            $shown = 'AWS_PROFILE'
            $profile1 = [Environment]::GetEnvironmentVariable('AWS_PROFILE')
            if ($profile1 -cmatch $name) { $shown = "AWS_PROFILE=$profile1" }
            "$shown is shadowed by AWS_ACCESS_KEY_ID (AWS CLI, boto3, Go), wins in JS; $clear"; break
        }
    }
}

function global:__AwsCredSay([string]$Code, [long]$Left) {
    $prefix = 'aws-cred:'
    $term = [Environment]::GetEnvironmentVariable('TERM')
    $color = -not [Environment]::GetEnvironmentVariable('NO_COLOR') -and $term -and $term -ne 'dumb' -and -not [Console]::IsErrorRedirected
    if ($color) {
        $tint = 33
        if ($Code -cmatch '^(expired|no-key|no-secret|no-token|long|left|two)') { $tint = 31 }
        if ($Code -ceq 'renewed') { $tint = 32 }
        $escape = [char]0x1b
        $prefix = "$escape[${tint}m$prefix$escape[0m"
    }
    $line = $prefix + ' ' + (__AwsCredWords $Code $Left)
    # In a remote session or an editor the console of this process is not the one that the person sees.
    if ($Host.Name -ceq 'ConsoleHost') { [Console]::Error.WriteLine($line) } else { $Host.UI.WriteLine($line) }
}

# Brings $AWS_CRED_STATE and $AWS_CRED_LEFT up to date. Seen: what prompt found the variables to be, and need not have
# looked at again until the clock leaves From to Until; 0 leaves the change to be told at the next prompt.
function global:__AwsCredCheck([int]$Seen) {
    $a = $global:__AwsCred
    $a.Seen = $Seen; $a.From = [long]0; $a.Until = [long]::MaxValue
    # Null and empty are one: `$env:X = ""` leaves an empty variable from 7.5 on. The values are not kept.
    $k = -not [string]::IsNullOrEmpty([Environment]::GetEnvironmentVariable('AWS_ACCESS_KEY_ID'))
    $s = -not [string]::IsNullOrEmpty([Environment]::GetEnvironmentVariable('AWS_SECRET_ACCESS_KEY'))
    $t = -not [string]::IsNullOrEmpty([Environment]::GetEnvironmentVariable('AWS_SESSION_TOKEN'))
    $l = -not [string]::IsNullOrEmpty([Environment]::GetEnvironmentVariable('AWS_SECURITY_TOKEN'))
    $profile2 = [Environment]::GetEnvironmentVariable('AWS_DEFAULT_PROFILE')
    $name = ''; $text = ''
    foreach ($n in 'AWS_CREDENTIAL_EXPIRATION', 'AWS_SESSION_EXPIRATION', 'AWSUME_EXPIRATION', 'AWS_SSO_SESSION_EXPIRATION') {
        $text = [Environment]::GetEnvironmentVariable($n)
        if ($text -and -not ($n -ceq 'AWSUME_EXPIRATION' -and $text -ceq 'None')) { $name = $n; break }
        $text = ''
    }
    # Once taken away, the same time is of whatever keys it comes back with.
    if (-not $name) { $a.Time = '' }
    if (-not ($k -or $s -or $t -or $l -or $profile2) -or [Environment]::GetEnvironmentVariable('AWS_CRED_HOOK') -ceq 'off') {
        if ($global:__AwsCredKey) { $global:__AwsCredKey = ''; $a.Code = ''; $a.Note = ''; $a.Told = ''; $a.Conflict = ''; $a.At = $null }
        $global:AWS_CRED_STATE = 'none'; $global:AWS_CRED_LEFT = ''
        return
    }
    $profile1 = [Environment]::GetEnvironmentVariable('AWS_PROFILE')
    $id = ''; $lengths = ''
    if ($k) {
        # First and last four characters, as every other screen shows a key.
        $id = [Environment]::GetEnvironmentVariable('AWS_ACCESS_KEY_ID') -creplace '(?s)^(.{4}).*(.{4})\z', '$1$2'
    }
    if ($t -and $l) {
        $lengths = "$([Environment]::GetEnvironmentVariable('AWS_SESSION_TOKEN').Length) $([Environment]::GetEnvironmentVariable('AWS_SECURITY_TOKEN').Length)"
    }
    $key = "$k $s $t $l $id $lengths $name=$text $profile1 $profile2 $([Environment]::GetEnvironmentVariable('AWS_CRED_PROFILE'))"
    if ($key -cne $global:__AwsCredKey) {
        $global:__AwsCredKey = $key
        __AwsCredJudge $k $s $t $l $profile1 $profile2 $id $name $text
    }
    $state = $a.Base; $code = $a.Problem; $minutes = ''; $left = [long]0
    if ($null -ne $a.At) {
        $a.From = __AwsCredNow
        $left = [long][Math]::Ceiling(($a.At - $a.From) / 10000000)
        $warn = 10
        $set = [Environment]::GetEnvironmentVariable('AWS_CRED_WARN_MINUTES')
        if ($set -and $set -cmatch '^[0-9]{1,4}\z') { $warn = [int]$set }
        $minutes = '0'
        if ($left -gt 0) {
            $minutes = [Math]::Floor($left / 60).ToString()
            $a.Until = $a.At - [long]$minutes * 600000000
        }
        if ($left -le 0) { $state = 'expired'; $code = "expired:$($a.At)" }
        elseif ($left -le $warn * 60) { $state = 'soon'; $code = "soon:$($a.At)" }
    }
    $global:AWS_CRED_STATE = $state
    $global:AWS_CRED_LEFT = $minutes
    # A conflict waits behind what stops the credentials from working.
    if ($a.Conflict -and (-not $code -or $state -ceq 'unknown')) { $code = $a.Conflict }
    $a.Told = $code; $a.Left = $left
    $old = $a.Code
    if ($Seen -eq 0 -or $code -ceq $old) { return }
    $a.Code = $code
    $say = $code
    if (-not $code -or $code -ceq $a.Note) {
        $say = ''
        $mended = $old -and $old -notin 'shadowed', 'default', 'persisted', "soon:$($a.At)", "expired:$($a.At)"
        if ($mended -and $state -ceq 'ok') { $say = 'renewed' }
    }
    if (-not $a.Conflict -or $code -ceq $a.Conflict) { $a.Note = $a.Conflict }
    if ($say) { __AwsCredSay $say $left }
}

# Most prompts find the variables as they were (by a hash of them: no values are kept) and no full minute passed. Both tokens
# at once are looked at each time, since they may differ.
function global:__AwsCredLook {
    $a = $global:__AwsCred
    $seen = [string]::Join("`n", [string[]]([Environment]::GetEnvironmentVariable('AWS_ACCESS_KEY_ID'),
            -not [Environment]::GetEnvironmentVariable('AWS_SECRET_ACCESS_KEY'), -not [Environment]::GetEnvironmentVariable('AWS_SESSION_TOKEN'),
            [Environment]::GetEnvironmentVariable('AWS_PROFILE'), [Environment]::GetEnvironmentVariable('AWS_DEFAULT_PROFILE'),
            [Environment]::GetEnvironmentVariable('AWS_CRED_PROFILE'),
            [Environment]::GetEnvironmentVariable('AWS_CREDENTIAL_EXPIRATION'), [Environment]::GetEnvironmentVariable('AWS_SESSION_EXPIRATION'),
            [Environment]::GetEnvironmentVariable('AWSUME_EXPIRATION'), [Environment]::GetEnvironmentVariable('AWS_SSO_SESSION_EXPIRATION'),
            [Environment]::GetEnvironmentVariable('AWS_CRED_WARN_MINUTES'), [Environment]::GetEnvironmentVariable('AWS_CRED_HOOK'))).GetHashCode() -bor 1
    if ($seen -ne $a.Seen -or [Environment]::GetEnvironmentVariable('AWS_SECURITY_TOKEN') -or
        [DateTime]::UtcNow.Ticks -ge $a.Until -or [DateTime]::UtcNow.Ticks -lt $a.From) { __AwsCredCheck $seen }
}

# Advanced, because only $PSCmdlet.WriteError makes $? false in the caller; called with -ErrorAction Ignore it leaves $Error alone.
function global:__AwsCredFail {
    [CmdletBinding()] param()
    $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new([Exception]::new('aws-cred'), 'aws-cred', 'NotSpecified', $null))
}

# Puts ours around the prompt that is there now. Each wrapper calls a prompt of its own number, so that two of them can never
# call each other in a circle.
function global:__AwsCredWrap([scriptblock]$Ours) {
    if ("${function:global:prompt}".Contains('__AwsCredLook')) { return }
    $n = 0
    while ($null -ne $ExecutionContext.SessionState.PSVariable.Get("global:__AwsCredPrompt$n")) { $n += 1 }
    $ExecutionContext.SessionState.PSVariable.Set("global:__AwsCredPrompt$n", ${function:global:prompt})
    ${function:global:prompt} = [scriptblock]::Create("$Ours".Replace('__AwsCredPrompt0', "__AwsCredPrompt$n"))
}

function global:Get-AwsCredStatus {
    if ([Environment]::GetEnvironmentVariable('AWS_CRED_HOOK') -ceq 'off') { return 'off: AWS_CRED_HOOK=off' }
    # Not the key of any state: it is judged afresh.
    $global:__AwsCredKey = 'none'
    __AwsCredCheck 0
    $line = $global:AWS_CRED_STATE
    if ($global:AWS_CRED_LEFT) { $line += ", $($global:AWS_CRED_LEFT) min left" }
    if ($global:__AwsCred.Told) { $line += ': ' + (__AwsCredWords $global:__AwsCred.Told $global:__AwsCred.Left) }
    $line
    # A prompt put around ours later still runs it, so the last run counts as well as the text.
    if ("${function:global:prompt}".Contains('__AwsCredLook') -or
        ($null -ne $global:__AwsCredRan -and $global:__AwsCredRan.HistoryId -eq $MyInvocation.HistoryId)) {
        "hook registered, powershell:$PID"
    } else {
        'hook overwritten: prompt was replaced; dot-source hook.ps1 again, last in $PROFILE'
    }
}
'@))
}

function global:__AwsCredLook { __AwsCredLoad; __AwsCredLook }

function global:Get-AwsCredStatus { __AwsCredLoad; Get-AwsCredStatus }
