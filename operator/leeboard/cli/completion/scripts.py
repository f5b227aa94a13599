"""The scripts that make a shell ask `leeboard complete` for what it offers."""

BASH = """\
_leeboard() {
  local IFS=$'\\n' typed=("${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(compgen -W "$(leeboard complete -- "${typed[@]}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _leeboard leeboard
"""

ZSH = """\
#compdef leeboard
_leeboard() {
  local -a offered
  offered=("${(@f)$(leeboard complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- "${offered[@]}"
}
compdef _leeboard leeboard
"""

FISH = """\
function __leeboard_offer
  set -l typed (commandline -opc) (commandline -ct)
  leeboard complete -- $typed[2..-1] 2>/dev/null
end
complete -c leeboard -f -a '(__leeboard_offer)'
"""

KUBECTL = """\
#!/bin/sh
# kubectl asks this program, kubectl_complete-leeboard in the path, what may follow `kubectl leeboard`.
# The last line tells it what kind of answer it is (cobra's directive 4: no file names).
leeboard complete -- "$@" 2>/dev/null
echo ":4"
"""

OF_SHELL = {"bash": BASH, "zsh": ZSH, "fish": FISH, "kubectl": KUBECTL}
