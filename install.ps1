# Installs aws-cred for one user: the program, the prompt hook, and a line in $PROFILE.
# For Windows PowerShell 5.1 and PowerShell 7, on Windows and elsewhere. The language and .NET only, as in hook.ps1.
# Usage: install.ps1 [FOLDER | ARCHIVE | -Url URL] [-Sha256 HEX] [-Prefix DIR] [-Yes] [-NoRc] [-HookOnly]
#        install.ps1 -Uninstall [-Purge] [-Prefix DIR] [-Yes]
# ASCII only: 5.1 reads a file without BOM as ANSI.
param(
    [string]$From = '', [string]$Url = '', [string]$Sha256 = '', [string]$Prefix = '', [string]$ProfileFile = '',
    [switch]$Yes, [switch]$NoRc, [switch]$HookOnly, [switch]$Uninstall, [switch]$Purge
)
$ErrorActionPreference = 'Stop'
$Mark = '# added by the installer of aws-cred'
$OnWindows = [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT
$Program = 'aws-cred'
if ($OnWindows) { $Program = 'aws-cred.exe' }
$Shell = @(foreach ($kind in 'hook', 'completion') { foreach ($ending in 'bash', 'zsh', 'fish', 'ps1') { "$kind.$ending" } })
$Texts = @($Shell) + @('install.sh', 'install.ps1')
# Bytes as characters, one to one: a profile may be in any encoding, and stays as it is.
$Latin1 = [Text.Encoding]::GetEncoding(28591)

function Say([string]$Text) { [Console]::Out.WriteLine($Text) }
function Fail([string]$Text) { throw "install.ps1: error: $Text" }
# For tests: ends like a power cut after the step of that number.
function Step([int]$Number) {
    if ([Environment]::GetEnvironmentVariable('AWS_CRED_INSTALL_STOP_AFTER') -ceq "$Number") { [Diagnostics.Process]::GetCurrentProcess().Kill() }
}
function Join([string]$A, [string]$B) { [IO.Path]::Combine($A, $B) }

function Agreed([string]$Question) {
    if ($Yes) { return $true }
    if ([Console]::IsInputRedirected) { return $false }
    [Console]::Out.Write("$Question [y/N] ")
    return [Console]::In.ReadLine() -match '^(y|yes)$'
}

function HashOf([string]$Path) {
    $stream = [IO.File]::OpenRead($Path)
    $sha = [Security.Cryptography.SHA256]::Create()
    try { return [BitConverter]::ToString($sha.ComputeHash($stream)).Replace('-', '').ToLowerInvariant() }
    finally { $stream.Dispose(); $sha.Dispose() }
}

function CheckSum([string]$Path, [string]$Name, [string]$Sums) {
    foreach ($line in [IO.File]::ReadAllLines($Sums)) {
        if ($line.Length -gt 66 -and $line.Substring(66) -ceq $Name) {
            if ($line.Substring(0, 64) -ceq (HashOf $Path)) { return }
            Fail "cannot install `"$Name`": its checksum is wrong"
        }
    }
    Fail "cannot check `"$Name`": its checksum is not in $Sums"
}

# https only, also where it redirects to; http for loopback.
function Download([string]$Address, [string]$To) {
    $uri = [Uri]$Address
    $plain = $uri.Scheme -ceq 'http' -and $uri.IsLoopback
    if ($uri.UserInfo -or -not ($uri.Scheme -ceq 'https' -or $plain)) { Fail "cannot download `"$Address`": only https is taken" }
    if (-not $plain) { [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12 }
    for ($hop = 0; $hop -lt 6; $hop++) {
        $request = [Net.WebRequest]::CreateHttp($uri)
        $request.AllowAutoRedirect = $false
        if ($plain) { $request.Proxy = $null }
        $response = $request.GetResponse()
        $status = [int]$response.StatusCode
        if ($status -ge 300 -and $status -lt 400) {
            $uri = [Uri]::new($uri, $response.Headers['Location'])
            $response.Dispose()
            if ($uri.Scheme -cne 'https') { Fail "cannot download `"$Address`": it leads to an address that is not https" }
            continue
        }
        $in = $response.GetResponseStream()
        $out = [IO.File]::Create($To)
        try { $in.CopyTo($out) } finally { $out.Dispose(); $in.Dispose(); $response.Dispose() }
        return
    }
    Fail "cannot download `"$Address`": too many redirects"
}

# The folder of a release, checked file by file.
function FindSource([string]$Here, [string]$Work) {
    $given = $From
    if ($Url) {
        if ($given) { Fail 'cannot install both a file and -Url' }
        $name = $Url.Substring($Url.LastIndexOf('/') + 1)
        $given = Join $Work $name
        Download $Url $given
        if (-not $Sha256) {
            Download ($Url.Substring(0, $Url.LastIndexOf('/') + 1) + 'SHA256SUMS') (Join $Work 'SHA256SUMS')
            CheckSum $given $name (Join $Work 'SHA256SUMS')
        }
    }
    if ($given -and [IO.File]::Exists($given)) {
        if ($Sha256 -and (HashOf $given) -cne $Sha256.ToLowerInvariant()) { Fail "cannot install `"$given`": it is not what -Sha256 names" }
        $beside = Join ([IO.Path]::GetDirectoryName([IO.Path]::GetFullPath($given))) 'SHA256SUMS'
        if (-not $Sha256 -and [IO.File]::Exists($beside)) { CheckSum $given ([IO.Path]::GetFileName($given)) $beside }
        $unpacked = Join $Work 'unpacked'
        $null = [IO.Directory]::CreateDirectory($unpacked)
        if ($given.EndsWith('.zip')) {
            try { $null = [Reflection.Assembly]::Load('System.IO.Compression.FileSystem, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089') } catch { }
            # It refuses names that lead out of the folder.
            [IO.Compression.ZipFile]::ExtractToDirectory($given, $unpacked)
        } else {
            & tar -xzf $given -C $unpacked
            if ($LASTEXITCODE -ne 0) { Fail "cannot unpack `"$given`"" }
        }
        $given = @([IO.Directory]::GetDirectories($unpacked, 'aws-cred-*'))[0]
    } elseif ($Sha256) { Fail 'cannot check -Sha256: there is no archive' }
    elseif ($given -and -not [IO.Directory]::Exists($given)) { Fail "cannot install `"$given`": it is not there" }
    $source = $given
    if (-not $source) { $source = $Here }
    $sums = Join $source 'SHA256SUMS'
    if ([IO.File]::Exists($sums) -and [IO.File]::Exists((Join $source $Program))) {
        foreach ($name in @($Program) + @($Texts)) {
            $path = SourceName $name
            CheckSum (Join $source $path) $path $sums
        }
        return @{ Folder = $source; Program = Join $source $Program }
    }
    if (-not [IO.File]::Exists((Join $source 'package.json'))) { Fail "cannot install from `"$source`": it is neither a release nor a clone" }
    Say 'building from the sources'
    $before = [Environment]::CurrentDirectory
    $null = $ExecutionContext.SessionState.Path.SetLocation($source)
    foreach ($words in @('ci', '--no-audit', '--no-fund'), @('run', 'build')) {
        & npm $words | & { process { Say $_ } }
        if ($LASTEXITCODE -ne 0) { Fail "cannot build in `"$source`"" }
    }
    $null = $ExecutionContext.SessionState.Path.SetLocation($before)
    return @{ Folder = $source; Program = Join (Join $source 'dist') $Program }
}

function SourceName([string]$Name) { if ($Shell -ccontains $Name) { "shell/$Name" } else { $Name } }

# Replaces a file whole. A program that runs cannot be overwritten on Windows, but it can be renamed.
function Replace([string]$New, [string]$Path) {
    if (-not [IO.File]::Exists($Path)) { [IO.File]::Move($New, $Path); return }
    $old = "$Path.old"
    if ($OnWindows) {
        try { [IO.File]::Delete($old) } catch { $old = "$Path.$PID.old" }
        [IO.File]::Move($Path, $old)
        try { [IO.File]::Move($New, $Path) } catch { [IO.File]::Move($old, $Path); throw }
        # Still running: it goes with the next install.
        try { [IO.File]::Delete($old) } catch { }
    } else {
        & /bin/mv -f $New $Path
        if ($LASTEXITCODE -ne 0) { Fail "cannot write `"$Path`"" }
    }
}

function WriteList([string[]]$Lines) {
    [IO.File]::WriteAllText("$List.new", ((@($Lines | & { process { if ($_) { $_ } } }) -join "`n") + "`n"))
    Replace "$List.new" $List
}

function ReadList { if ([IO.File]::Exists($List)) { [IO.File]::ReadAllLines($List) } }

# Lines for the list, by which uninstall may remove the folders that were made for this: those of a path that are not there.
function MissingFolders([string]$Path) {
    while ($Path -and -not [IO.Directory]::Exists($Path)) {
        "dir $Path"
        $Path = [IO.Path]::GetDirectoryName($Path)
    }
}

# Silent where the file is gone, as the lines of the other shells. To ask first whether it is there would cost every start of
# the shell 20 ms, a type named behind catch 15, a comparison there 7; a block of its own is compiled only when it runs.
function HookLine([string]$Path) {
    $otherwise = '& { if ($_.FullyQualifiedErrorId -cne ''CommandNotFoundException'') { $Host.UI.WriteErrorLine("$_") } }'
    "try { . '$($Path.Replace("'", "''"))' } catch { $otherwise } $Mark"
}

# Our line in a profile, whatever way the path is written: older installs took -Prefix as it was typed. $null where there is none.
function FindHookLine([string]$Text) {
    foreach ($found in [regex]::Matches($Text, "(?m)^try \{ \. '((?:[^'\r\n]|'')*)' \} catch [^\r\n]*\r?(\n|\z)")) {
        $path = $found.Groups[1].Value.Replace("''", "'")
        # A line that somebody has changed is theirs.
        if ($found.Value.TrimEnd("`r", "`n") -cne (HookLine $path)) { continue }
        try { $full = [IO.Path]::GetFullPath($path) } catch { continue }
        if ($full -ceq $Hook -or ($OnWindows -and $full -eq $Hook)) { return $found }
    }
}

function AddProfileLine {
    $line = HookLine $Hook
    $text = ''
    if ([IO.File]::Exists($ProfileFile)) { $text = [IO.File]::ReadAllText($ProfileFile, $Latin1) }
    if (FindHookLine $text) { return }
    if ($NoRc -or -not (Agreed "add the hook to ${ProfileFile}?")) {
        Say "not added to $ProfileFile; the line is:"
        Say "  $line"
        return
    }
    $kind = 'ps-new'
    if ([IO.File]::Exists($ProfileFile)) {
        $kind = 'ps'
        if ($text -and -not $text.EndsWith("`n")) { $kind = 'ps-bare' }
        [IO.File]::Copy($ProfileFile, "$ProfileFile.aws-cred-backup", $true)
    }
    $end = "`n"
    if ($OnWindows) { $end = "`r`n" }
    $rest = @(ReadList | & { process { if (-not ($_.StartsWith('ps') -and $_.EndsWith(" $ProfileFile"))) { $_ } } })
    $folder = [IO.Path]::GetDirectoryName($ProfileFile)
    WriteList ($rest + @("$kind $ProfileFile") + @(MissingFolders $folder))
    $null = [IO.Directory]::CreateDirectory($folder)
    if ($kind -ceq 'ps-bare') { $text += $end }
    # Written in place: a link stays a link, and permissions stay.
    [IO.File]::WriteAllText($ProfileFile, $text + $line + $end, $Latin1)
    Say "added the hook to $ProfileFile"
}

function RemoveProfileLine([string]$Kind, [string]$Path) {
    if (-not [IO.File]::Exists($Path)) { return }
    $text = [IO.File]::ReadAllText($Path, $Latin1)
    while ($at = FindHookLine $text) {
        $head = $text.Substring(0, $at.Index)
        $tail = $text.Substring($at.Index + $at.Length)
        if ($Kind -ceq 'ps-bare' -and -not $tail) { $head = [regex]::Replace($head, '\r?\n\z', '') }
        $text = $head + $tail
        [IO.File]::WriteAllText($Path, $text, $Latin1)
        if ($Kind -ceq 'ps-new' -and -not $text) { [IO.File]::Delete($Path) }
        Say "removed the hook from $Path"
    }
    foreach ($line in $text.Split("`n")) {
        if ($line -cmatch '[/\\]aws-cred[/\\]hook\.') { Say "left in ${Path}: $($line.TrimEnd())" }
    }
    $backup = "$Path.aws-cred-backup"
    if ([IO.File]::Exists($backup) -and [IO.File]::Exists($Path) -and (HashOf $backup) -ceq (HashOf $Path)) { [IO.File]::Delete($backup) }
}

# Found and explained, not changed: a policy is the user's or the company's own decision.
function ExplainPolicy {
    if (-not $OnWindows) { return }
    $policy = ''
    try { $policy = "$(Get-ExecutionPolicy)" } catch { return }
    if ($policy -ceq 'Restricted' -or $policy -ceq 'AllSigned') {
        Say "the execution policy is ${policy}: PowerShell will not run `$PROFILE, so the hook does not load."
        Say 'to allow your own scripts: Set-ExecutionPolicy -Scope CurrentUser RemoteSigned'
    }
}

function InstallAll([string]$Here, [string]$Work) {
    $made = @(MissingFolders $Bin) + @(MissingFolders $Share)
    $null = [IO.Directory]::CreateDirectory($Share)
    if ($HookOnly) { AddProfileLine; ExplainPolicy; return }
    $found = FindSource $Here $Work
    $null = [IO.Directory]::CreateDirectory($Bin)
    $target = Join $Bin $Program
    if ([IO.File]::Exists($target) -and -not [IO.File]::Exists($List)) {
        $says = ''
        try { $says = "$(& $target --version)" } catch { }
        if (-not $says.StartsWith('aws-cred ')) { Fail "cannot replace `"$target`": it is another program" }
    }
    $new = @("file bin/$Program") + @($Texts | & { process { "file share/aws-cred/$_" } }) + $made
    $old = @(ReadList | & { process { if ($new -cnotcontains $_) { $_ } } })
    WriteList ($old + $new)
    Step 1
    [IO.File]::Copy($found.Program, "$target.new.exe", $true)
    if (-not $OnWindows) { & /bin/chmod 755 "$target.new.exe" }
    $version = ''
    try { $version = "$(& "$target.new.exe" --version)" } catch { }
    if (-not $version.StartsWith('aws-cred ')) {
        [IO.File]::Delete("$target.new.exe")
        Fail 'cannot install: the program does not run on this machine'
    }
    Step 2
    foreach ($name in $Texts) {
        $to = Join $Share $name
        [IO.File]::Copy((Join $found.Folder (SourceName $name)), "$to.new", $true)
        Replace "$to.new" $to
    }
    Step 3
    Replace "$target.new.exe" $target
    Step 4
    AddProfileLine
    Step 5
    Say "installed $version in $Prefix"
    $path = @([Environment]::GetEnvironmentVariable('PATH').Split([IO.Path]::PathSeparator))
    if ($path -notcontains $Bin) { Say "$Bin is not on your PATH: add it" }
    ExplainPolicy
}

# What an unlocked vault has in memory, for where the program cannot lock it. Where it lies: vault-key.ts.
function KeysInMemory {
    if ($OnWindows) { return }
    $runtime = [Environment]::GetEnvironmentVariable('XDG_RUNTIME_DIR')
    if ($runtime) { $runtime = Join $runtime 'aws-cred' }
    foreach ($folder in $runtime, "/dev/shm/aws-cred-$(id -u)") {
        if (-not $folder -or -not [IO.Directory]::Exists($folder)) { continue }
        foreach ($path in [IO.Directory]::GetFileSystemEntries($folder, 'vault-*')) { "in memory, of an unlocked vault: $path" }
    }
}

function UninstallAll {
    if (-not [IO.File]::Exists($List)) { Fail "cannot uninstall: nothing is installed in `"$Prefix`"" }
    $target = Join $Bin $Program
    $kept = @('keys and sessions: unknown, since the program does not run')
    try {
        $shown = @(& $target __purge show)
        if ($LASTEXITCODE -eq 0) { $kept = $shown }
    } catch { }
    if ($Purge) {
        $kept | & { process { Say $_ } }
        if (-not (Agreed 'delete keys, sessions and folders for good?')) { Fail 'nothing was removed: the answer was no' }
        & $target __purge now
        if ($LASTEXITCODE -ne 0) { Fail 'nothing was uninstalled: the keys could not be deleted' }
    }
    # Before the program goes: afterwards nothing here can lock, and the key opens the vault for hours.
    $locked = $false
    try {
        & $target __purge lock | & { process { Say $_ } }
        $locked = $LASTEXITCODE -eq 0
    } catch { }
    if (-not $locked) { $kept = @($kept) + @(KeysInMemory) }
    foreach ($line in @(ReadList)) {
        if ($line -cmatch '^(ps(?:-new|-bare)?) (.*)$') { RemoveProfileLine $Matches[1] $Matches[2] }
    }
    $rc = @(ReadList | & { process { if ($_.StartsWith('rc')) { $_ } } })
    if ($rc.Count -gt 0) { Say "other shells load the hook too: $(Join $Share 'install.sh') --uninstall does the rest"; return }
    foreach ($line in @(ReadList)) {
        if (-not $line.StartsWith('file ')) { continue }
        $path = Join $Prefix $line.Substring(5)
        foreach ($each in $path, "$path.new", "$path.new.exe", "$path.old") { [IO.File]::Delete($each) }
    }
    $folders = @(ReadList | & { process { if ($_.StartsWith('dir ')) { $_.Substring(4) } } })
    [IO.File]::Delete($List)
    # The deepest first. What somebody else has put something into stays.
    [Array]::Sort($folders, [StringComparer]::Ordinal)
    [Array]::Reverse($folders)
    foreach ($folder in @($Share) + $folders) {
        if ([IO.Directory]::Exists($folder) -and [IO.Directory]::GetFileSystemEntries($folder).Length -eq 0) { [IO.Directory]::Delete($folder) }
    }
    Say "uninstalled from $Prefix"
    if (-not $Purge) { Say 'these stay:'; $kept | & { process { Say "  $_" } } }
}

$here = [IO.Path]::GetDirectoryName($MyInvocation.MyCommand.Path)
if (-not $Prefix -and [IO.File]::Exists((Join $here 'installed.list'))) {
    $Prefix = [IO.Path]::GetDirectoryName([IO.Path]::GetDirectoryName($here))
}
$userHome = [Environment]::GetEnvironmentVariable('HOME')
if ($OnWindows -or -not $userHome) { $userHome = [Environment]::GetFolderPath('UserProfile') }
if (-not $Prefix) { $Prefix = Join $userHome '.local' }
if (-not $ProfileFile) { $ProfileFile = "$PROFILE" }
if (-not $ProfileFile -and -not $OnWindows) { $ProfileFile = Join $userHome '.config/powershell/Microsoft.PowerShell_profile.ps1' }
if (-not $ProfileFile) { $NoRc = $true; $ProfileFile = '$PROFILE' }
# Absolute, without `.`, `..` and a last separator: what is looked for at the end must be the text that was written.
$Prefix = [IO.Path]::GetFullPath($ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Prefix))
if ($Prefix -ne [IO.Path]::GetPathRoot($Prefix)) { $Prefix = $Prefix.TrimEnd('/', [IO.Path]::DirectorySeparatorChar) }
$Bin = Join $Prefix 'bin'
$Share = Join (Join $Prefix 'share') 'aws-cred'
$Hook = Join $Share 'hook.ps1'
$List = Join $Share 'installed.list'
$work = Join ([IO.Path]::GetTempPath()) "aws-cred-$PID-$([Guid]::NewGuid().ToString('N'))"
$null = [IO.Directory]::CreateDirectory($work)
try {
    if ($Uninstall) { UninstallAll }
    elseif ($Purge) { Fail '-Purge goes with -Uninstall' }
    else { InstallAll $here $work }
} catch {
    [Console]::Error.WriteLine($_.Exception.Message)
    exit 1
} finally {
    if ([IO.Directory]::Exists($work)) { [IO.Directory]::Delete($work, $true) }
}
exit 0
