# completion.zsh - prints what loader/extra/_lwload has for the last of the words that it is
# given: in the place of zsh's own functions, these print what they get. lwload is the one that was
# built; but what it lists, the tools of the host's kernel, are made up.
lwload() {
	if [[ $1 == list ]]; then
		print -l 'opensnoop ready trace files' 'nosuch missing not here'
	else
		build/lwload "$@"
	fi
}
_describe() { print -l -- ${(P)2} }
_files() { print files }
_pids() { print pids$listed }
compset() { [[ $2 == "*," && $words[-1] == *,* ]] && listed=" behind ${words[-1]%,*}," }
_message() { print "one $1" }
compadd() { shift; print -l -- "$@" }
words=("$@") CURRENT=$#
complete() { . loader/extra/_lwload }
complete
