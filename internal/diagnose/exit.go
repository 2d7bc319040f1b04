package diagnose

import "fmt"

const (
	firstSignal = 128 // a shell's code for a signal is this and the signal's number
	lastSignal  = firstSignal + 64
)

// Exit explains an exit code other than 0: those that programs choose themselves, those
// of shells and container runtimes, and 128 and a signal.
func Exit(code int32) (Finding, bool) {
	switch code {
	case 0:
		return Finding{}, false
	case 125:
		return Finding{"the container could not be run (exit code 125)",
			"check the options of the container in the task definition", []string{"task_definition"}}, true
	case 126:
		return Finding{"the container's command could not be executed (exit code 126)",
			"make the file executable in the image, and check that it is a program", []string{"command", "image"}}, true
	case 127:
		return Finding{"the container's command was not found (exit code 127)",
				"check the command; Prefect must be installed in the image of a flow run",
				[]string{"command", "image"}},
			true
	case 134:
		return Finding{"the container's program aborted (exit code 134)",
			"usually a library that is not written in Python does this: look at the last lines of its log", nil}, true
	case 137:
		return Finding{"the container was killed (exit code 137), as it is when memory runs out",
			"give the task more memory, or let the flow use less", []string{"memory"}}, true
	case 139:
		return Finding{"the container's program crashed with a segmentation fault (exit code 139)", "a library that " +
			"is not written in Python does this: check its version, and that it fits the image's architecture",
			[]string{"image"}}, true
	case 143:
		return Finding{"the container was asked to stop (exit code 143, SIGTERM)",
			"see in the stop code and in CloudTrail (StopTask) who did it", nil}, true
	}
	if code > firstSignal && code <= lastSignal {
		return Finding{fmt.Sprintf("the container was ended by signal %d (exit code %d)", code-firstSignal, code),
			"look at the last lines of its log", nil}, true
	}
	return Finding{fmt.Sprintf("the container's program failed (exit code %d)", code),
		"look at the last lines of its log", nil}, true
}
