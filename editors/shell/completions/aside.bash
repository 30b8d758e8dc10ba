# Completion of `aside` for bash: options, files, and the built-in prompts. It starts no program.
_aside() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  case $before in
    -m | --model) mapfile -t COMPREPLY < <(compgen -W "haiku sonnet opus" -- "$word"); return ;;
    --search) return ;;
  esac
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "--model --preview --side --follow --continue --retry --show --search --list
          --usage --yes --json --help --version" -- "$word") ;;
    /*) mapfile -t COMPREPLY < <(compgen -W "/commit /explain /fix /review /tests" -- "$word"; compgen -f -- "$word") ;;
    *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
  esac
}
complete -F _aside aside
