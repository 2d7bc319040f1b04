//go:build e2e

package sandbox

import (
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

// fromGit deploys a checkout whose remote is a repository that git itself serves over HTTP.
func (w *deployWorld) fromGit() {
	w.t.Helper()
	served := w.t.TempDir()
	exported, err := exec.CommandContext(w.t.Context(), "git", "--exec-path").Output()
	w.must(err)
	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(exported)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + served, "GIT_HTTP_EXPORT_ALL=1"},
	})
	w.t.Cleanup(server.Close)
	git := func(args ...string) {
		w.inProject(w.dir, w.env, append([]string{"git", "-c", "user.name=a", "-c", "user.email=a@example.com"},
			args...)...)
	}
	w.greet("Cloned")
	git("init", "-q", "-b", "trunk", ".")
	git("add", "flow.py", "words.py")
	git("commit", "-q", "-m", "one")
	git("init", "-q", "--bare", filepath.Join(served, "flows.git"))
	git("remote", "add", "origin", server.URL+"/flows.git")
	deploy := []string{"deploy", "flow.py:my_flow", "--pool", w.pool, "--name", "git", "--from", "git"}
	w.says([]string{"is not on the remote"}, deploy...)
	git("push", "-q", filepath.Join(served, "flows.git"), "trunk")
	git("fetch", "-q", "origin")
	out := w.says([]string{"Cloned, flow", "is Completed"}, append(deploy, "--run")...)
	if strings.Contains(out, "is not on the remote") {
		w.t.Errorf("a commit that was pushed is said not to be:\n%s", out)
	}
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
			[]string{`flow.py has no flow "my_flow"`, "hint: flow.py has other"}},
		{"no flow but a function", flow("\ndef my_flow():\n    pass\n"), "",
			[]string{`"my_flow" in flow.py is no flow but a function`}},
		{"two flows of one name", flow(ok + "\n\n@flow(name='my-flow')\ndef other():\n    pass\n"), "",
			[]string{`flow.py has two flows of the name "my-flow": my_flow and other`, "give each its own"}},
		{"package without a wheel", flow(ok), "pyspark==3.5.1",
			[]string{"pyspark==3.5.1", "hint: only wheels go into the image"}},
		{"wheel for another platform", flow(ok), "tensorflow-macos==2.16.2",
			[]string{"tensorflow-macos==2.16.2", "hint: the package has wheels, but none for this platform"}},
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
