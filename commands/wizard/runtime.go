package wizard

import (
	"context"

	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/fargate"
	"ecsctl/provision/spec"
)

func runtimeStep() step {
	return step{title: "Runtime", given: func(w *wizard) bool { return w.spec.Worker.Runtime != "" }, ask: askRuntime}
}

func askRuntime(ctx context.Context, w *wizard) (string, error) {
	runtimes := spec.Runtimes()
	q := prompt.Question{
		Title: "Runtime", Help: "Which worker serves this pool?",
		Default: []string{w.specWithDefaults().Worker.Runtime},
	}
	for _, r := range runtimes {
		q.Options = append(q.Options, prompt.Option{Label: r.Name + "  " + r.About, Value: r.Name})
	}
	name, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	if name != q.Default[0] {
		// What was answered for the one runtime is none for the other.
		w.spec.Worker.CPU, w.spec.Worker.Memory = w.given.Worker.CPU, w.given.Worker.Memory
		w.spec.Worker.Architecture, w.spec.Worker.Binary = w.given.Worker.Architecture, w.given.Worker.Binary
	}
	w.spec.Worker.Runtime = unless(name, runtimes[0].Name)
	return name, nil
}

// binaryStep asks for what goes into the worker's image where this program, or the one
// that was given, cannot: on macOS and Windows, or for another architecture.
func binaryStep() step {
	return step{title: "Binary", given: func(*wizard) bool { return false }, decided: binaryDecided, ask: askBinary}
}

func binaryDecided(w *wizard) (string, bool) {
	if !w.specWithDefaults().MakesImage() {
		w.binary = nil
		return "", true
	}
	return "", w.readBinary() == nil // askBinary reads it again, and shows what is wrong
}

// readBinary keeps the binary for the image.
func (w *wizard) readBinary() (err error) {
	_, w.binary, err = inputs.UseBinary(w.spec)
	return err
}

func askBinary(ctx context.Context, w *wizard) (string, error) {
	before := w.spec.Worker.Binary
	q := prompt.Question{
		Title: "File with an ecsctl for Linux",
		Help: "It goes into the worker's image; each release has one for each architecture. Or go back and take the " +
			"prefect runtime.",
		Check: func(v []string) error {
			w.spec.Worker.Binary = v[0]
			return w.readBinary()
		},
	}
	if err := w.readBinary(); err != nil {
		q.Help = err.Error() + ". " + q.Help
	} else {
		q.Default = []string{before}
	}
	file, err := w.ask(ctx, q)
	if err != nil {
		w.spec.Worker.Binary = before
		return "", err
	}
	return file, nil
}

func architectureStep() step {
	return step{
		title: "Architecture", given: func(w *wizard) bool { return w.spec.Worker.Architecture != "" },
		decided: architectureDecided, ask: askArchitecture,
	}
}

// architectureDecided reports whether bootstrap makes the image, which then has the
// architecture of its binary.
func architectureDecided(w *wizard) (string, bool) {
	spec := w.specWithDefaults()
	return spec.Worker.Architecture + ", that of the ecsctl in the image", spec.MakesImage()
}

func askArchitecture(ctx context.Context, w *wizard) (string, error) {
	value, err := w.ask(ctx, prompt.Question{
		Title: "Architecture", Help: "Of the worker's processor. Its image must be built for it.",
		Options: []prompt.Option{
			{Label: fargate.ArchitectureX86, Value: fargate.ArchitectureX86},
			{Label: fargate.ArchitectureARM + "  costs about a fifth less", Value: fargate.ArchitectureARM},
		},
		Default: []string{w.specWithDefaults().Worker.Architecture},
	})
	if err != nil {
		return "", err
	}
	w.spec.Worker.Architecture = unless(value, fargate.ArchitectureX86)
	return value, nil
}
