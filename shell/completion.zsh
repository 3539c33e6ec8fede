#compdef aws-cred
# aws-cred completion for zsh. Source it after compinit, or: aws-cred completion zsh > a folder of $fpath, as _aws_cred
# compadd quotes what it inserts; nothing here is evaluated.

_aws_cred() {
  local verb='' before='' candidates
  if (( CURRENT > 2 )); then
    verb=$words[2] before=$words[CURRENT-1]
  fi
  candidates=("${(@f)$(command aws-cred __complete "verb=$verb" "before=$before" "word=$PREFIX" 2>/dev/null)}")
  candidates=("${(@)candidates:#}")
  compadd -a -- candidates
}

# Loaded by compinit from $fpath it is the function itself; sourced it registers.
if [[ ${funcstack[1]-} == _aws_cred ]]; then
  _aws_cred "$@"
elif (( $+functions[compdef] )); then
  compdef _aws_cred aws-cred
fi
