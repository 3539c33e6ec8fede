# aws-cred completion for fish. Source it, or: aws-cred completion fish > ~/.config/fish/completions/aws-cred.fish
# fish quotes what it inserts; the output of a command substitution is not evaluated again.

function __aws_cred_complete
    set -l words (commandline -opc)
    set -l verb ''
    set -l before ''
    if test (count $words) -gt 1
        set verb $words[2]
        set before $words[-1]
    end
    command aws-cred __complete "verb=$verb" "before=$before" "word="(commandline -ct) 2>/dev/null
end

complete -c aws-cred -f -a '(__aws_cred_complete)'
