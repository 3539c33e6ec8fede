# aws-cred completion for Windows PowerShell 5.1 and PowerShell 7: dot-source it in $PROFILE.
# Names are data: what carries more than plain letters is inserted in single quotes.
Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName 'aws-cred', 'aws-cred.exe' -ScriptBlock {
    param([string]$WordToComplete, $CommandAst, [int]$CursorPosition)
    $plain = '^[A-Za-z0-9_.@:/+=-]*\z'
    $words = @(foreach ($element in $CommandAst.CommandElements) {
        if ($element.Extent.EndOffset -lt $CursorPosition -or -not $WordToComplete) { $element.Extent.Text }
    })
    $verb = ''; $before = ''
    if ($words.Count -gt 1) { $verb = $words[1]; $before = $words[-1] }
    $typed = $WordToComplete.Trim("'", '"')
    # 5.1 spoils quotes in what it hands to a program; only plain words are of use there.
    $asked = foreach ($pair in @('verb', $verb), @('before', $before), @('word', $typed)) {
        if ($pair[1] -cmatch $plain) { "$($pair[0])=$($pair[1])" } else { "$($pair[0])=" }
    }
    foreach ($name in @(& aws-cred __complete $asked 2>$null)) {
        if (-not $name -or -not $name.StartsWith($typed, [StringComparison]::OrdinalIgnoreCase)) { continue }
        $text = $name
        if ($name -cnotmatch '^[A-Za-z0-9_./:+-]+\z') { $text = "'" + $name.Replace("'", "''") + "'" }
        [Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $name)
    }
}
