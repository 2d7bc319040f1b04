package wizard

import (
	"cmp"
	"time"

	"ecsctl/commands/inputs"
	"ecsctl/provision/spec"
)

// BootstrapOptions are the flags of bootstrap; the wizard fills in the Spec.
type BootstrapOptions struct {
	inputs.OutputOptions
	Spec        spec.Spec
	WaitTimeout time.Duration
	NoWait      bool
	// Wizard asks for everything that was not given, NoWizard asks nothing.
	Wizard, NoWizard bool
	// Accessible asks line by line.
	Accessible bool
	// Config is the file that the settings were read from; empty is the default one.
	Config string
	// Save is a file to write the settings to.
	Save string

	PlanShown, Saved bool // the wizard has done it
}

func (o BootstrapOptions) configPath() string { return cmp.Or(o.Save, o.Config, inputs.DefaultConfig) }
