# completion.zsh - prints the completions of loader/extra/_lwload for the last of the words in its arguments. The
# functions below replace zsh's own, and print what they get. lwload is the one that was built; the tools of
# the host's kernel, which it lists, are made up.
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
compset() { [[ $2 == "*," && $words[-1] == *,* ]] && listed=" after ${words[-1]%,*}," }
_message() { print "one $1" }
compadd() { shift; print -l -- "$@" }
words=("$@") CURRENT=$#
complete() { . loader/extra/_lwload }
complete
