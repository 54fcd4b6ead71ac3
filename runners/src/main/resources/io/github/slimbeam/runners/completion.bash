# SPDX-License-Identifier: Apache-2.0

# Bash cuts --option=value into three words at the equals sign; what is above expects two.
_slim_with_equals_signs() {
  local words=() cword=0 i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} != "=" ]]; then
      words+=("${COMP_WORDS[i]}")
    elif ((i == COMP_CWORD)); then
      words+=("")
    fi
  done
  cword=$((${#words[@]} - 1))
  local COMP_WORDS=("${words[@]}") COMP_CWORD=$cword
  _complete_slim "$@"
  # An option's value follows at once.
  if [[ ${COMPREPLY[0]:-} == --* ]]; then compopt -o nospace 2>/dev/null || true; fi
}

complete -F _slim_with_equals_signs -o default slim
