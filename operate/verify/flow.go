package verify

import (
	"encoding/json"
	"fmt"
	"strings"
)

// HelloLine is what the hello flow logs: the guide's own words.
const HelloLine = "Hello from ECS!!"

// helloEntrypoint is where the pull steps leave the flow, below the working directory.
const helloEntrypoint = "ecsctl_verify.py:hello"

// helloSource is the flow. Its folder goes with its process: outside a container, as in
// the sandbox, it would stay behind.
const helloSource = `import atexit
import os
import shutil

from prefect import flow, get_run_logger

atexit.register(shutil.rmtree, os.path.dirname(os.path.abspath(__file__)), True)


@flow(name="` + verifyName + `")
def hello():
    get_run_logger().info("` + HelloLine + `")
`

func helloPullSteps() (json.RawMessage, error) {
	return WritingSteps("ecsctl-verify", strings.TrimSuffix(helloEntrypoint, ":hello"), helloSource)
}

// WritingSteps bring a flow into any image that has Prefect in it, without code storage: one
// pull step writes its source, which has no single quote, to a temporary folder and prints the
// folder's name, which the next one makes the working directory. Both steps are the same in
// Prefect 2 and 3.
func WritingSteps(folder, file, source string) (json.RawMessage, error) {
	program := fmt.Sprintf("import os, tempfile; d = tempfile.mkdtemp(prefix=%s); "+
		"open(os.path.join(d, %s), %s).write(%s); print(d)",
		pythonString(folder+"-"), pythonString(file), pythonString("w"), pythonString(source))
	const write = "prefect.deployments.steps.run_shell_script"
	const enter = "prefect.deployments.steps.set_working_directory"
	return json.Marshal([]any{
		// The step splits its script as a POSIX shell does and starts the program itself.
		map[string]any{write: map[string]any{
			"id": "written", "script": "python -c '" + program + "'", "stream_output": false,
		}},
		map[string]any{enter: map[string]any{"directory": "{{ written.stdout }}"}},
	})
}

// pythonString is a string literal for a program between single quotes: JSON's escapes
// are Python's too.
func pythonString(s string) string {
	raw, _ := json.Marshal(s) // a string always has a JSON form
	return string(raw)
}
