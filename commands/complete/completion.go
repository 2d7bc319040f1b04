package complete

import (
	"maps"
	"slices"
	"strings"

	"ecsctl/commands/console"

	"github.com/urfave/cli/v2"
)

const completionDescription = `Example:

   source <(ecsctl completion bash)
   ecsctl completion zsh > ~/.zfunc/_ecsctl
   ecsctl completion fish > ~/.config/fish/completions/ecsctl.fish

Prints a script that makes a shell complete commands, flags and values: also the work
pools, clusters and VPCs of the account that you are signed in to. The directory for zsh
must be in its fpath. In PowerShell: ecsctl completion powershell | Out-String |
Invoke-Expression.`

// completionScripts ask the hidden command "complete" for candidates: one a line, the
// word, and after a tab what it is. ":files" alone stands for the names of files.
var completionScripts = map[string]string{
	"bash": `_ecsctl() {
  local line candidates=() IFS=$'\n'
  for line in $("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
    [[ $line == :files* ]] && { COMPREPLY=(); compopt -o default 2>/dev/null; return; }
    candidates+=("$(printf '%q' "${line%%$'\t'*}")")
  done
  COMPREPLY=("${candidates[@]}")
}
complete -o nosort -F _ecsctl ecsctl
`,
	"zsh": `#compdef ecsctl
_ecsctl() {
  local line
  local -a candidates
  for line in "${(@f)$(ecsctl complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ $line == :files* ]] && { _files; return }
    [[ -n $line ]] && candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  (( ${#candidates} )) && _describe ecsctl candidates
}
if [[ $funcstack[1] == _ecsctl ]]; then _ecsctl "$@"; else compdef _ecsctl ecsctl; fi
`,
	"fish": `function __ecsctl_complete
  set -l found (ecsctl complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if string match -q ':files*' -- "$found[1]"
    __fish_complete_path (commandline -ct)
  else
    string join \n -- $found
  end
end
complete -c ecsctl -f -k -a '(__ecsctl_complete)'
`,
	"powershell": `Register-ArgumentCompleter -Native -CommandName ecsctl -ScriptBlock {
  param($word, $ast, $position)
  $before = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
  ecsctl complete "--current=$word" -- @before 2>$null | Where-Object { $_ -notlike ':files*' } | ForEach-Object {
    $value, $about = $_ -split "` + "`t" + `", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`,
}

// CompletionCommand returns the command that prints completion scripts.
func CompletionCommand(streams console.Streams) *cli.Command {
	shells := slices.Sorted(maps.Keys(completionScripts))
	return &cli.Command{
		Name: "completion", Usage: "print a script for the completion of a shell", ArgsUsage: strings.Join(shells, "|"),
		Description: completionDescription, OnUsageError: console.UsageError,
		Action: func(c *cli.Context) error {
			script, ok := completionScripts[c.Args().First()]
			if !ok || c.Args().Len() != 1 {
				return console.Usagef("name the shell: ecsctl completion %s", strings.Join(shells, "|"))
			}
			console.Printf(console.Exact(streams.Out), "%s", script)
			return nil
		},
	}
}
