package deploy

import (
	_ "embed" // the program that reads the secret
	"encoding/base64"
	"fmt"
	"regexp"

	"github.com/goccy/go-yaml"

	"ecsctl/commands/console"
	"ecsctl/internal/shellword"
	"ecsctl/provision/spec"
)

// gitToken says where the token of a private repository is: in a Secret block of Prefect or in Secrets Manager. The
// deployment has the place alone.
type gitToken struct {
	Block  string // its name
	Secret string // its ARN, with :KEY:: behind it for a key of a JSON secret
}

//go:embed secret.py
var secretProgram []byte

// tokenStep is the id of the step that reads the token, whose output the step that clones takes.
const tokenStep = "token"

var secretARN = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:]+(:[^:]+::)?$`)

func (t gitToken) check(from string) error {
	switch {
	case t == gitToken{}:
		return nil
	case from != fromGit && t.Block != "":
		return console.Usagef("--git-token-block needs --from git")
	case from != fromGit:
		return console.Usagef("--git-token-secret needs --from git")
	case t.Block != "" && t.Secret != "":
		return console.Usagef("--git-token-block and --git-token-secret are two places for one token: name one of them")
	case t.Secret != "" && !secretARN.MatchString(t.Secret):
		return console.Usagef("--git-token-secret %q is not the ARN of a secret in Secrets Manager; a key of a JSON "+
			"secret is ARN:KEY::", t.Secret)
	}
	return nil
}

// steps are what each run does before it clones: reads the secret with the rights of its task.
func (t gitToken) steps() []any {
	if t.Secret == "" {
		return nil
	}
	arn, key := spec.SplitSecret(t.Secret)
	// The step takes each line for a command of its own, hence one word for all lines of the program.
	script := fmt.Sprintf(`python -c 'import base64; exec(base64.b64decode("%s"))' %s %s`,
		base64.StdEncoding.EncodeToString(secretProgram), shellword.Quote(arn), shellword.Quote(key))
	return []any{yaml.MapSlice{{Key: stepShell, Value: yaml.MapSlice{
		{Key: "id", Value: tokenStep}, {Key: "script", Value: script}, {Key: "stream_output", Value: false},
	}}}}
}

// reference is what the step that clones has in the place of the token; "" without one.
func (t gitToken) reference() string {
	switch {
	case t.Block != "":
		return "{{ prefect.blocks.secret." + t.Block + " }}"
	case t.Secret != "":
		return "{{ " + tokenStep + ".stdout }}"
	}
	return ""
}
