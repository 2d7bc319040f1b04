package commands_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ecsctl/sandbox/fault"
)

// bash runs a line as a user's shell does.
func (a *account) bash(line string) *exec.Cmd {
	cmd := exec.CommandContext(a.t.Context(), "bash", "-c", line)
	cmd.Env, cmd.Dir = a.env, a.dir
	return cmd
}

// completed are the candidates that bash itself comes to for a line, with the script
// that `ecsctl completion bash` prints.
func (a *account) completed(line string) []string {
	a.t.Helper()
	out, err := a.bash(`source <(ecsctl completion bash)
words=` + line + `
COMP_LINE="$words" COMP_POINT=${#words}
COMP_WORDS=() rest="${words//=/ = }"
read -ra COMP_WORDS <<< "$rest"
[[ $words == *[\ ] || $words == *= ]] && COMP_WORDS+=("")
[[ $words == *= ]] && unset 'COMP_WORDS[-1]'
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_ecsctl
printf '%s\n' "${COMPREPLY[@]}"`).Output()
	if err != nil {
		a.t.Fatal(err)
	}
	return strings.Fields(string(out))
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run("bootstrap", "--pool", "etl", "--yes", noWait)
	a.failRuns(2)
	for line, want := range map[string][]string{
		`'ecsctl t'`:                            {"teardown"},
		`'ecsctl worker '`:                      {"start", "health", "preview", "image"},
		`'ecsctl worker image '`:                {"build", "push"},
		`'ecsctl bootstrap --runtime '`:         {"ecsctl", "prefect"},
		`'ecsctl teardown --keep'`:              {"--keep-pool", "--keep-logs"},
		`'ecsctl teardown --pool '`:             {"etl"},
		`'ecsctl teardown -p e'`:                {"etl"},
		`'ecsctl teardown --pool=e'`:            {"etl"},
		`'ecsctl teardown --pool='`:             {"etl"},
		`'ecsctl teardown --pool x'`:            nil,
		`'ecsctl bootstrap --cluster '`:         {"default"},
		`'ecsctl bootstrap --vpc '`:             {a.defaultVPC()},
		`'ecsctl bootstrap --yes --output '`:    {"text", "json"},
		`'ecsctl bootstrap --region eu-w'`:      {"eu-west-1"},
		`'ecsctl completion '`:                  {"bash", "fish", "powershell", "zsh"},
		`'ecsctl status '`:                      {"etl"},
		`'ecsctl status --pool etl '`:           nil,
		`'ecsctl teardown --running '`:          {"wait", "stop", "leave"},
		`'ecsctl logs --flow-run run-'`:         {"run-1", "run-0"},
		`'ecsctl open '`:                        {"etl", "run-1", "run-0"},
		`'ecsctl verify --deployment h'`:        {"hello/default"},
		`'ecsctl worker preview --deployment '`: {"hello/default"},
		// Files are the shell's own to name: the candidates are empty, and compopt lets bash go on.
		`'ecsctl bootstrap --config '`: nil,
	} {
		if diff := cmp.Diff(want, a.completed(line), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// What cannot be found out is nothing to show in the middle of a line.
func TestCompletionIsSilent(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Server.AddFault(fault.Fault{Service: "*", Operation: "*", Times: -1, Kind: fault.AccessDenied})
	a.env = append(a.env, "PREFECT_API_URL=http://127.0.0.1:1/api")
	for _, flag := range []string{"--vpc", "--cluster", "--pool", "--region", "--subnet"} {
		cmd, out := a.command("complete", "--", "bootstrap", flag, "")
		if err := cmd.Run(); err != nil || out.Len() > 0 {
			t.Errorf("%s: %v, %q", flag, err, out)
		}
	}
}

// PowerShell tells the current word apart, since it may be empty.
func TestCompletionOfTheCurrentWord(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run("bootstrap", "--pool", "etl", "--yes", noWait)
	for want, args := range map[string][]string{
		"etl":      {"--current=", "--", "teardown", "--pool"},
		"teardown": {"--current=tear", "--"},
		"start":    {"--current=sta", "--", "worker"},
	} {
		cmd, out := a.command(append([]string{"complete"}, args...)...)
		if err := cmd.Run(); err != nil || !strings.HasPrefix(out.String(), want+"\t") {
			t.Errorf("%q: %v, %q", args, err, out)
		}
	}
}

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		cmd, out := a.command("completion", shell)
		if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "ecsctl") ||
			!strings.Contains(out.String(), " complete ") {
			t.Errorf("%s: %v, %q", shell, err, out)
		}
	}
	cmd, out := a.command("completion", "tcsh")
	if err := cmd.Run(); err == nil ||
		!strings.Contains(out.String(), "name the shell: ecsctl completion bash|fish|powershell|zsh") {
		t.Errorf("tcsh: %v, %q", err, out)
	}
}

// TestCompletionOfFiles: the shell completes the names of files for each flag that takes one, and no others.
func TestCompletionOfFiles(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for line, want := range map[string]bool{
		"bootstrap --config": true, "bootstrap --save": true, "bootstrap --binary": true,
		"bootstrap --flow-policy": true,
		"worker preview --diff":   true, "worker image build --output-file": true, "deploy --venv": true,
		"deploy":           true,
		"sandbox --volume": true, "image build": true, "init": true, "doctor -c": true,
		"bootstrap --role-path": false, "bootstrap --cpu": false, "status --interval": false, "deploy --name": false,
		"version": false, "list": false,
	} {
		cmd, out := a.command(append(append([]string{"complete", "--"}, strings.Fields(line)...), "")...)
		if err := cmd.Run(); err != nil || (out.String() == ":files\t\n") != want {
			t.Errorf("%s: %v, %q, want files: %v", line, err, out, want)
		}
	}
}
