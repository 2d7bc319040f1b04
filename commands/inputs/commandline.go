package inputs

import (
	"strings"

	"ecsctl/internal/shellword"
	"ecsctl/provision/spec"
)

// bootstrapArgs are the arguments that make a bootstrap of the Spec: a flag for each
// field that is set. There is no field that holds a key.
func bootstrapArgs(spec spec.Spec) []string {
	args := []string{"bootstrap"}
	spec = spec.WithoutHosts()
	for _, f := range BootstrapFlags() {
		for _, value := range f.values(&spec) {
			// One word, so that false and values that begin with - are understood too.
			args = append(args, "--"+f.Flag.Names()[0]+"="+value)
		}
	}
	return args
}

// CommandLine is the command that does without questions what the Spec says, for a shell.
func CommandLine(spec spec.Spec) string {
	words := []string{"ecsctl"}
	for _, arg := range append(bootstrapArgs(spec), "--yes") {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || strings.HasPrefix(value, "-") || value == "false" || value == "true" {
			words = append(words, shellword.Quote(arg))
			continue
		}
		words = append(words, name, shellword.Quote(value))
	}
	return strings.Join(words, " ")
}
