# bash completion for lwload: all it knows is what lwload and the installed modules say
# shellcheck shell=bash

# _lwload_verbs - from the usage
_lwload_verbs() {
	lwload --help 2> /dev/null | sed -n 's/^ *lwload \([a-z]\+\) .*/\1/p'
}

_lwload_tools() {
	lwload list 2> /dev/null | awk '$2 != "missing" { print $1 }'
}

# _lwload_options TOOL - its own and those that every tool has
_lwload_options() {
	lwload "$1" --help 2> /dev/null | sed -n '/^options:/,/^fields:/p' | grep -oE '(^|[ ,])--?[A-Za-z][a-z-]*' | tr -d ' ,'
}

# _lwload_takes TOOL OPTION - what follows the option: PID, NAME...; nothing behind a flag
_lwload_takes() {
	lwload "$1" --help 2> /dev/null | sed -n "s/^  \(-[A-Za-z], \|    \)\(--[a-z-]*\) \([A-Z]\+\) .*/\1 \2 \3/p" |
		tr -d , | awk -v option="$2" '$1 == option || $2 == option { print $NF }'
}

_lwload_values() {
	case $(_lwload_takes "$1" "$2") in
	PID|TID) command ps -e -o pid= | tr -d ' ' ;;
	UID) id -u ;;
	NAME) command ps -e -o comm= | sort -u ;;
	DISK) command ls /sys/block 2> /dev/null ;;
	*) return 1 ;;
	esac
}

# _lwload_words - what may come here, one a line
_lwload_words() {
	if [ "$COMP_CWORD" -eq 1 ]; then
		_lwload_verbs
		_lwload_tools
		printf '%s\n' --help --version
		return
	fi
	if [ "$first" = start ] && [ "$COMP_CWORD" -gt 2 ]; then
		first=${COMP_WORDS[2]}
	fi
	case $first in
	info|check|start|attach|dump|stop) _lwload_tools ;;
	list|status) ;;
	*) _lwload_values "$first" "$prev" || _lwload_options "$first" ;;
	esac
}

_lwload() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} first=${COMP_WORDS[1]} word
	COMPREPLY=()
	# No compgen -W: it would run what a process has in its name.
	while IFS= read -r word; do
		[[ -z $word || $word != "$cur"* ]] || COMPREPLY+=("$(printf %q "$word")")
	done < <(_lwload_words)
}

complete -F _lwload lwload
