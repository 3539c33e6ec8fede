# aws-cred completion for bash 3.2 and later. Source it, or: aws-cred completion bash > ~/.local/share/bash-completion/completions/aws-cred
# Names are data: compgen -W would run a $(...) in them, so they are compared one by one and inserted quoted.
# shellcheck shell=bash

_aws_cred() {
  local line="${COMP_LINE:0:COMP_POINT}" word="${COMP_WORDS[COMP_CWORD]}" verb='' before='' current plain skip name quoted
  COMPREPLY=()
  if [[ $COMP_CWORD -gt 1 ]]; then verb="${COMP_WORDS[1]}" before="${COMP_WORDS[COMP_CWORD - 1]}"; fi
  # readline parts words at = and : too; the whole of what is typed is after the last blank.
  current="${line##*[[:space:]]}"
  if [[ $word == = || $word == : ]]; then word=''; fi
  skip="${current%"$word"}"
  if [[ $before == = ]]; then before="${COMP_WORDS[COMP_CWORD - 2]}" current="$word" skip=''; fi
  plain="${current//[\\\"\']/}"
  while IFS= read -r name; do
    if [[ -z $name || ${name:0:${#plain}} != "$plain" ]]; then continue; fi
    printf -v quoted '%q' "$name"
    # Inside a quote that is open only what needs none is offered.
    if [[ $current == [\"\']* && $quoted != "$name" ]]; then continue; fi
    # A : and = that readline has parted at stay on the line; %q puts no backslash before them.
    COMPREPLY[${#COMPREPLY[@]}]="${quoted#"$skip"}"
  done < <(command aws-cred __complete "verb=$verb" "before=$before" "word=$current" 2>/dev/null)
}

complete -o default -F _aws_cred aws-cred
