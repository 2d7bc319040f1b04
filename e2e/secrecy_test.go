//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/wiretap"
)

// The API key is in Secrets Manager and nowhere else: not in any output, argument,
// task definition or file, and in no call but those to Secrets Manager.
func TestKeyStaysSecret(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		w := newWorld(t, server)
		arguments := w.everyKindOfRun()
		w.checkSecret(canary, arguments)
	})
}

// everyKindOfRun makes ecsctl print all it can: normal, verbose, JSON, plans and
// errors. It returns the arguments as the kernel shows them.
func (w *world) everyKindOfRun() (arguments []string) {
	w.t.Helper()
	run := func(code int, args ...string) {
		w.t.Helper()
		r := w.start(args...)
		shown, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", r.cmd.Process.Pid))
		arguments = append(arguments, string(shown))
		if out := r.wait(); out.code != code {
			w.t.Errorf("ecsctl %q: exit code %d, want %d\n%s", args, out.code, code, out.stderr)
		}
	}
	run(0, w.bootstrapArgs("--dry-run")...)
	run(0, w.bootstrapArgs("--dry-run", "--output", "json", "--verbose")...)
	run(0, w.bootstrapArgs("--verbose")...)
	run(0, w.bootstrapArgs("--output", "json")...)
	w.must(changeSecret(w))
	run(0, w.bootstrapArgs("--dry-run")...)
	run(0, w.bootstrapArgs("--verbose", "--output", "json", "--cpu", "1024", "--memory", "2048")...)
	for _, service := range []string{"secretsmanager", "prefect", "iam"} {
		w.tap.Inject(refuse(service))
		run(1, w.bootstrapArgs("--verbose")...)
		w.tap.Inject(nil)
	}
	run(1, "bootstrap", "--pool", w.pool, "--region", region, "--yes", "--wait-timeout", "1s", "--verbose")
	run(0, w.teardownArgs("--dry-run", "--output", "json")...)
	w.checkSecretExists()
	run(0, w.teardownArgs("--verbose")...)
	return arguments
}

// checkSecretExists: it is where it belongs while the pool lives.
func (w *world) checkSecretExists() {
	w.t.Helper()
	if len(w.snapshot().Raw()[inventory.Secret]) == 0 {
		w.t.Error("there is no secret in Secrets Manager: the search below would prove nothing")
	}
}

// refuse answers every call to a service as if the caller had no right to it.
func refuse(service string) func(wiretap.Call) *wiretap.Fault {
	return func(call wiretap.Call) *wiretap.Fault {
		switch {
		case !strings.HasPrefix(call.Operation, service+":"):
			return nil
		case service == "iam":
			return &wiretap.Fault{Status: http.StatusForbidden, ContentType: "text/xml",
				Body: `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>`}
		case service == "prefect":
			return &wiretap.Fault{Status: http.StatusUnauthorized, ContentType: "application/json",
				Body: `{"exception_message":"Unauthorized"}`}
		}
		return &wiretap.Fault{Status: http.StatusBadRequest, ContentType: "application/x-amz-json-1.1",
			Body: `{"__type":"AccessDeniedException","Message":"not authorized"}`}
	}
}

func (w *world) checkSecret(secret string, arguments []string) {
	w.t.Helper()
	w.search(secret, "the arguments", strings.Join(arguments, "\n"))
	for _, out := range w.outputs {
		w.search(secret, fmt.Sprintf("standard output of %q", out.args), out.stdout)
		w.search(secret, fmt.Sprintf("standard error of %q", out.args), out.stderr)
	}
	stored := 0
	for _, call := range w.tap.Calls() {
		if strings.HasPrefix(call.Operation, "secretsmanager:") && call.Write {
			stored += strings.Count(call.Body, jsonText(secret))
			continue
		}
		w.search(secret, "the call "+call.Operation, call.Body)
	}
	if stored == 0 {
		w.t.Error("no call took the secret to Secrets Manager: the search proves nothing")
	}
	w.searchTaskDefinitions(secret)
	w.searchFiles(secret)
}

func jsonText(text string) string {
	raw, _ := json.Marshal(text)
	return strings.Trim(string(raw), `"`)
}

// search looks for a secret as it is, and in base64 as an Authorization header has it.
func (w *world) search(secret, where, text string) {
	w.t.Helper()
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
		if strings.Contains(text, form) {
			w.t.Errorf("the secret is in %s", where)
		}
	}
}

// searchTaskDefinitions looks through every revision, the inactive ones included.
func (w *world) searchTaskDefinitions(secret string) {
	w.t.Helper()
	for _, status := range []types.TaskDefinitionStatus{types.TaskDefinitionStatusActive,
		types.TaskDefinitionStatusInactive} {
		list, err := w.source.ECS.ListTaskDefinitions(w.t.Context(), &ecs.ListTaskDefinitionsInput{Status: status})
		w.must(err)
		for _, arn := range list.TaskDefinitionArns {
			td, err := w.source.ECS.DescribeTaskDefinition(w.t.Context(),
				&ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
			w.must(err)
			raw, err := json.Marshal(td.TaskDefinition)
			w.must(err)
			w.search(secret, arn, string(raw))
		}
	}
}

// searchFiles looks through everything that ecsctl could write to: its home, its
// working directory and its temporary files are in one folder.
func (w *world) searchFiles(secret string) {
	w.t.Helper()
	w.must(filepath.WalkDir(w.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(secret)) {
			w.t.Errorf("the secret is in the file %s", path)
		}
		return err
	}))
}
