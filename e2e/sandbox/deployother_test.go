//go:build e2e

package sandbox

import (
	"encoding/pem"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/e2e/peers"
)

// plainFlow needs nothing but Prefect, and has a module beside it.
const plainFlow = `from prefect import flow, get_run_logger

from words import GREETING


@flow
def my_flow():
    get_run_logger().info(f"{GREETING}, flow")
`

// withoutAnImage has the other places that code comes from: packed into the deployment, from git, and from the folder
// of the machine that deployed, which no image has.
func (w *deployWorld) withoutAnImage() {
	w.t.Helper()
	w.dir = w.project(map[string]string{"flow.py": plainFlow, "words.py": "GREETING = 'Packed'\n"})
	w.says([]string{"Packed, flow", "is Completed"}, "deploy", "flow.py:my_flow", "--pool", w.pool, "--name", "packed",
		"--inline", "--run")
	w.fromGit()
	w.fromALaptop()
}

// gitToken opens the repository. Like GitHub, its server takes it for a user without a password.
const gitToken = "ghp_0123456789"

// certificates is the folder that containers see.
func (w *world) certificates() string {
	dir := filepath.Join(w.home, "certificates")
	w.must(os.MkdirAll(dir, 0o700))
	return dir
}

// fromGit deploys a checkout whose remote is a private repository that git itself serves over HTTPS. Its token is in
// Secrets Manager, and nowhere else.
func (w *deployWorld) fromGit() {
	w.t.Helper()
	served := w.t.TempDir()
	server := w.serveGit(served)
	certificate := filepath.Join(w.certificates(), "git.pem")
	w.must(os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
		Bytes: server.Certificate().Raw}), 0o600))
	git := func(args ...string) {
		w.inProject(w.dir, w.env, append([]string{"git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c",
			"http.sslCAInfo=" + certificate}, args...)...)
	}
	w.greet("Cloned")
	git("init", "-q", "-b", "trunk", ".")
	git("add", "flow.py", "words.py")
	git("commit", "-q", "-m", "one")
	git("init", "-q", "--bare", filepath.Join(served, "flows.git"))
	git("remote", "add", "origin", strings.Replace(server.URL, "//", "//"+gitToken+"@", 1)+"/flows.git")
	deploy := []string{"deploy", "flow.py:my_flow", "--pool", w.pool, "--name", "git", "--from", "git",
		"--git-token-secret", w.secretForFlows(), "--job-variable", `env={"GIT_SSL_CAINFO": "` + certificate + `"}`}
	w.says([]string{"is not on the remote"}, deploy...)
	git("push", "-q", filepath.Join(served, "flows.git"), "trunk")
	git("fetch", "-q", "origin")
	out := w.says([]string{"Cloned, flow", "is Completed"}, append(deploy, "--run")...)
	if strings.Contains(out, "is not on the remote") {
		w.t.Errorf("a commit that was pushed is said not to be:\n%s", out)
	}
	if stored := string(w.deployment("git").Raw()); strings.Contains(out+stored, gitToken) {
		w.t.Errorf("the token is in the log or in the deployment:\n%s\n%s", out, stored)
	}
}

// serveGit serves bare repositories to those who have the token.
func (w *deployWorld) serveGit(dir string) *httptest.Server {
	w.t.Helper()
	exported, err := exec.CommandContext(w.t.Context(), "git", "--exec-path").Output()
	w.must(err)
	git := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(exported)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"},
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if user, _, _ := r.BasicAuth(); user != gitToken {
			out.Header().Set("WWW-Authenticate", "Basic")
			http.Error(out, "who are you?", http.StatusUnauthorized)
			return
		}
		git.ServeHTTP(out, r)
	}))
	w.t.Cleanup(server.Close)
	return server
}

// secretForFlows makes a secret with the token that the task role of flow runs may read, as a key of a JSON secret.
func (w *deployWorld) secretForFlows() string {
	w.t.Helper()
	secret, err := secretsmanager.NewFromConfig(w.config()).CreateSecret(w.t.Context(),
		&secretsmanager.CreateSecretInput{Name: aws.String("git"), SecretString: aws.String(`{"token": "` + gitToken +
			`"}`)})
	w.must(err)
	_, err = iam.NewFromConfig(w.config()).PutRolePolicy(w.t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("prefect-" + w.pool + "-" + region + "-flow"), PolicyName: aws.String("git"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Action": "secretsmanager:GetSecretValue", "Resource": "` + *secret.ARN + `"}]}`),
	})
	w.must(err)
	return *secret.ARN + ":token::"
}

// fromALaptop has what prefect deploy stores without a prefect.yaml recognised by whoever is asked. The image of the
// pool is the official one: the sandbox plays it with programs of this machine, so that the run itself goes well here.
func (w *deployWorld) fromALaptop() {
	w.t.Helper()
	prefect := filepath.Join(w.venv, "prefect")
	w.must(os.RemoveAll(filepath.Join(w.dir, ".git"))) // with a remote Prefect would store git_clone
	w.inProject(w.dir, w.env, prefect, "--no-prompt", "deploy", "flow.py:my_flow", "--name", "laptop", "--pool", w.pool)
	const fix = "ecsctl deploy flow.py:my_flow --name laptop --pool "
	what := `deployment "laptop" takes its code from "` + w.dir + `", a folder of the machine that deployed it`
	for _, command := range [][]string{
		{"doctor", "--pool", w.pool},
		{"verify", "--pool", w.pool, "--deployment", "my-flow/laptop"},
		{"worker", "preview", "--deployment", "my-flow/laptop"},
	} {
		out := w.inProject(w.dir, w.env, "sh", "-c", shared.binary+" "+strings.Join(command, " ")+" 2>&1 || true")
		if !strings.Contains(out, what) || !strings.Contains(out, fix+w.pool) {
			w.t.Errorf("%s does not tell of the laptop's folder:\n%s", command[0], out)
		}
	}
	w.runs("laptop", what)
	// What it says to type, typed.
	w.says([]string{"my-flow/laptop", "Cloned, flow", "is Completed"}, "deploy", "flow.py:my_flow", "--name", "laptop",
		"--pool", w.pool, "--run")
	w.says([]string{"passed"}, "verify", "--pool", w.pool, "--deployment", "my-flow/laptop")
}

// TestDeployRefuses has what real uv and a real Python say of what cannot become an image; nothing is pushed.
func TestDeployRefuses(t *testing.T) {
	t.Parallel()
	w := &deployWorld{world: newWorld(t, peers.Prefect3), pool: "etl"}
	w.env = append(w.environ(filepath.Dir(shared.binary)+":"+uvDir(t), "ECSCTL_VENV="+filepath.Dir(w.venv),
		"ECSCTL_BASE="+baseImage(t)), buildEnv(t)...)
	w.run(w.env, shared.binary, "bootstrap", "--pool", w.pool, "--yes", "--no-wait")
	flow := func(body string) string { return "from prefect import flow\n" + body }
	const ok = "\n\n@flow\ndef my_flow():\n    pass\n"
	for _, c := range []struct {
		name, source, requirements string
		says                       []string
	}{
		{"syntax error", flow("def my_flow(:\n    pass\n"), "", []string{"flow.py:2: syntax error: "}},
		{"package that is not in the requirements", flow("import xxhash" + ok), "",
			[]string{`flow.py:2 imports "xxhash", which is not in the image`,
				"name the package that it is in, in a requirements.txt"}},
		{"no such flow", flow(strings.ReplaceAll(ok, "my_flow", "other")), "",
			[]string{`flow.py has no flow "my_flow"`, "fix: flow.py has other"}},
		{"no flow but a function", flow("\ndef my_flow():\n    pass\n"), "",
			[]string{`"my_flow" in flow.py is no flow but a function`}},
		{"two flows of one name", flow(ok + "\n\n@flow(name='my-flow')\ndef other():\n    pass\n"), "",
			[]string{`flow.py has two flows of the name "my-flow": my_flow and other`, "give each its own"}},
		{"package without a wheel", flow(ok), "pyspark==3.5.1",
			[]string{"pyspark==3.5.1", "fix: only wheels go into the image"}},
		{"wheel for another platform", flow(ok), "tensorflow-macos==2.16.2",
			[]string{"tensorflow-macos==2.16.2", "fix: the package has wheels, but none for this platform"}},
		{"requirements that conflict", flow(ok), "pydantic<2", []string{"uv says: ", "pydantic<2"}},
	} {
		files := map[string]string{"flow.py": c.source}
		if c.requirements != "" {
			files["requirements.txt"] = c.requirements + "\n"
		}
		out := w.inProject(w.project(files), w.env, "sh", "-c",
			shared.binary+" deploy flow.py:my_flow --pool etl 2>&1 && echo 'it was deployed' || true")
		for _, want := range c.says {
			if !strings.Contains(out, want) {
				t.Errorf("%s: it does not say %q:\n%s", c.name, want, out)
			}
		}
		if strings.Contains(out, "it was deployed") || strings.Contains(out, "pushed") {
			t.Errorf("%s: it was not refused:\n%s", c.name, out)
		}
	}
}
