# bash completion for lwload: all that it knows is from lwload and the installed modules
# shellcheck shell=bash

# _lwload_verbs - prints the verbs in lwload's usage
_lwload_verbs() {
	lwload --help 2> /dev/null | sed -n 's/^ *lwload \([a-z]\+\) .*/\1/p'
}

_lwload_tools() {
	lwload list 2> /dev/null | awk '$2 != "missing" { print $1 }'
}

# _lwload_of_verb VERB - prints its options, each with the name of its value
_lwload_of_verb() {
	lwload --help 2> /dev/null | sed -n "s/^ *lwload $1 \(.*\)/\1/p" | grep -oE -- '--[a-z-]+( [A-Z]+)?'
}

# _lwload_of_tool TOOL - prints the tool's own options and the common ones in the same form
_lwload_of_tool() {
	lwload "$1" --help 2> /dev/null | sed -n '/^options/,/^fields:/p' |
		sed -nE 's/^  (-[A-Za-z]), (--[a-z-]+( [^ ]+)?) .*/\1\n\2/p; s/^      (--[a-z-]+( [^ ]+)?) .*/\1/p'
}

# _lwload_listed - prints each line after the values that a list already has, up to the last comma
_lwload_listed() {
	local word
	while IFS= read -r word; do
		printf '%s\n' "$listed$word"
	done
}

# _lwload_values OPTIONS - prints the values that the option before the cursor may have; false if
# that word is none of these options, or takes no value
_lwload_values() {
	case $(option=$prev awk '/^-.$/ { letter = $1; next }
		($1 == ENVIRON["option"] || letter == ENVIRON["option"]) && NF == 2 { print $2 }
		{ letter = "" }' <<< "$1") in
	'') return 1 ;;
	PID|TID) command ps -e -o pid= | tr -d ' ' | _lwload_listed ;;
	UID|USER) cut -d: -f1 /etc/passwd | _lwload_listed ;;
	NAME) command ps -e -o comm= | sort -u | _lwload_listed ;;
	DISK) command ls /sys/block 2> /dev/null ;;
	RELEASE) command ls /lib/modules 2> /dev/null ;;
	FILE) compgen -f -- "$cur" | while IFS= read -r word; do
		[ ! -d "$word" ] || word+=/
		echo "$word"
	done ;;
	esac
	return 0
}

# _lwload_choices OPTIONS [COMMAND] - prints values if an option wants one; otherwise these options,
# and what COMMAND prints
_lwload_choices() {
	! _lwload_values "$1" || return 0
	awk '{ print $1 }' <<< "$1"
	${2-}
}

# _lwload_start - completes start's own options, then a tool, then the tool's options, without those
# for files, which a recorder does not write
_lwload_start() {
	local i own tool=''
	own=$(_lwload_of_verb start)
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		# For readline, "=" is a word as well.
		--keep) i=$((i + 1)); [ "${COMP_WORDS[i]-}" != = ] || i=$((i + 1)) ;;
		-*) ;;
		*) tool=${COMP_WORDS[i]}; break ;;
		esac
	done
	if [ -z "$tool" ]; then
		_lwload_choices "$own" _lwload_tools
	else
		_lwload_choices "$own"$'\n'"$(_lwload_of_tool "$tool" | grep -vE '^--(output|rotate|metrics) ')"
	fi
}

# _lwload_words - prints the words that may come here, one a line
_lwload_words() {
	if [ "$COMP_CWORD" -eq 1 ]; then
		_lwload_verbs
		_lwload_tools
		printf '%s\n' --help --version
		return
	fi
	case $first in
	start) _lwload_start ;;
	check|stop) _lwload_choices "$(_lwload_of_verb "$first")" _lwload_tools ;;
	status) _lwload_choices "$(_lwload_of_verb status)" ;;
	info|attach|dump) [ "$COMP_CWORD" -gt 2 ] || _lwload_tools ;;
	list) ;;
	*) _lwload_choices "$(_lwload_of_tool "$first")" ;;
	esac
}

_lwload() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} first=${COMP_WORDS[1]} word listed=''
	COMPREPLY=()
	[[ $cur != \~/* ]] || cur=$HOME/${cur#\~/}
	[[ $cur != *,* ]] || listed=${cur%,*},
	# compgen -W would run commands in the name of a process.
	while IFS= read -r word; do
		[[ -z $word || $word != "$cur"* ]] || COMPREPLY+=("$listed$(printf %q "${word#"$listed"}")")
	done < <(_lwload_words)
	# Within a directory there is more to come.
	[[ ${COMPREPLY-} != */ ]] || compopt -o nospace 2> /dev/null || :
}

complete -F _lwload lwload
