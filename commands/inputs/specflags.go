// Package inputs is where a command gets what it works with: flags, ECSCTL_... variables, ecsctl.yaml, and the
// credentials of AWS and Prefect. It turns a Spec back into flags and files, too.
package inputs

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/provision/spec"
)

// SpecFlag is a flag and the field of the Spec that it sets. A flag that the user
// gave, or whose environment variable is set, overrides ecsctl.yaml.
type SpecFlag struct {
	Flag cli.Flag
	set  func(*spec.Spec, *cli.Context) error
	// values are those that the flag would have to be given to make the Spec what it is;
	// none when the field is not set.
	values func(*spec.Spec) []string
	// choices are the values that there are; none where there are too many to list.
	choices []string
}

// Env returns the environment variable that sets a flag.
func Env(name string) []string { return console.Env(name) }

func stringFlag(name, category, usage string, field func(*spec.Spec) *string, aliases ...string) SpecFlag {
	return SpecFlag{
		Flag: &cli.StringFlag{Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: Env(name)},
		set: func(s *spec.Spec, c *cli.Context) error {
			*field(s) = strings.TrimSpace(c.String(name))
			return nil
		},
		values: func(s *spec.Spec) []string { return UnlessZero(*field(s), *field(s)) },
	}
}

// choosing makes a flag one of a few values.
func choosing(f SpecFlag, choices ...string) SpecFlag {
	f.choices = choices
	return f
}

// intFlag shows unset, what happens without the flag, as its default.
func intFlag(name, category, usage, unset string, field func(*spec.Spec) *int) SpecFlag {
	return SpecFlag{
		Flag:   &cli.IntFlag{Name: name, Usage: usage, Category: category, EnvVars: Env(name), DefaultText: unset},
		set:    func(s *spec.Spec, c *cli.Context) error { *field(s) = c.Int(name); return nil },
		values: func(s *spec.Spec) []string { return UnlessZero(*field(s), strconv.Itoa(*field(s))) },
	}
}

// countFlag sets a number that may be left unset, which is not the same as 0.
func countFlag(name, category, usage, unset string, field func(*spec.Spec) **int, aliases ...string) SpecFlag {
	return SpecFlag{
		Flag: &cli.IntFlag{Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: Env(name),
			DefaultText: unset},
		set: func(s *spec.Spec, c *cli.Context) error {
			n := c.Int(name)
			*field(s) = &n
			return nil
		},
		values: func(s *spec.Spec) []string {
			if *field(s) == nil {
				return nil
			}
			return []string{strconv.Itoa(**field(s))}
		},
	}
}

// switchFlag sets a yes or no that may be left unset, which is the same as unset says.
func switchFlag(name, category, usage, unset string, field func(*spec.Spec) **bool) SpecFlag {
	return SpecFlag{
		Flag: &cli.BoolFlag{Name: name, Usage: usage, Category: category, EnvVars: Env(name), DefaultText: unset},
		set: func(s *spec.Spec, c *cli.Context) error {
			on := c.Bool(name)
			*field(s) = &on
			return nil
		},
		values: func(s *spec.Spec) []string {
			if *field(s) == nil {
				return nil
			}
			return []string{strconv.FormatBool(**field(s))}
		},
	}
}

func listFlag(name, category, usage string, field func(*spec.Spec) *[]string, aliases ...string) SpecFlag {
	return SpecFlag{
		Flag: &cli.StringSliceFlag{
			Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: Env(name),
		},
		set:    func(s *spec.Spec, c *cli.Context) error { *field(s) = c.StringSlice(name); return nil },
		values: func(s *spec.Spec) []string { return *field(s) },
	}
}

// The categories of flags in help texts.
const (
	InAWS      = "AWS"
	inNetwork  = "Network"
	inWorker   = "Worker"
	inNames    = "Names (each derives from the pool's name)"
	inFlowRuns = "Flow runs (defaults of the work pool)"
	InPrefect  = "Prefect"
)

// PlaceFlags say which pool, account and server are meant.
func PlaceFlags() []SpecFlag {
	return []SpecFlag{
		stringFlag("pool", "", "`NAME` of the Prefect work pool", func(s *spec.Spec) *string { return &s.Pool }, "p"),
		stringFlag("region", InAWS, "AWS `REGION`", func(s *spec.Spec) *string { return &s.Region }),
		stringFlag("profile", InAWS, "AWS `PROFILE`", func(s *spec.Spec) *string { return &s.Profile }),
		stringFlag("cluster", InAWS, "`NAME` or ARN of the ECS cluster, created when missing (default: \"default\")",
			func(s *spec.Spec) *string { return &s.Cluster }),
		stringFlag("prefect-api-url", InPrefect,
			"`URL` of the Prefect API (default: PREFECT_API_URL or the Prefect profile)", func(s *spec.Spec) *string {
				return &s.Prefect.APIURL
			}),
		stringFlag("prefect-profile", InPrefect, "Prefect `PROFILE`", func(s *spec.Spec) *string {
			return &s.Prefect.Profile
		}),
		stringFlag("prefect-api-key-file", InPrefect, "`FILE` with the API key; - is standard input",
			func(s *spec.Spec) *string { return &s.Prefect.APIKeyFile }),
	}
}

func insightsFlag() SpecFlag {
	return choosing(stringFlag("container-insights", InAWS,
		"Container Insights of a cluster that is made: enabled, enhanced or "+
			"disabled (default: the account's own)", func(s *spec.Spec) *string { return &s.ContainerInsights }),
		spec.InsightsValues...)
}

func bundleStorageFlag() SpecFlag {
	const name = "bundle-storage"
	usage := "make an S3 bucket for the bundles of @ecs flows and set the pool's storage to it (default: what is " +
		"there stays)"
	return SpecFlag{
		Flag: &cli.BoolFlag{Name: name, Usage: usage, Category: inFlowRuns, EnvVars: Env(name)},
		set:  func(s *spec.Spec, c *cli.Context) error { s.FlowRuns.BundleStorage = c.Bool(name); return nil },
		values: func(s *spec.Spec) []string {
			if !s.FlowRuns.BundleStorage {
				return nil
			}
			return []string{"true"}
		},
	}
}

// offFlag turns off what is on without it.
func offFlag(name, category, usage string, field func(*spec.Spec) **bool) SpecFlag {
	return SpecFlag{
		Flag: &cli.BoolFlag{Name: name, Usage: usage, Category: category, EnvVars: Env(name)},
		set: func(s *spec.Spec, c *cli.Context) error {
			on := !c.Bool(name)
			*field(s) = &on
			return nil
		},
		values: func(s *spec.Spec) []string {
			if *field(s) == nil {
				return nil
			}
			return []string{strconv.FormatBool(!**field(s))}
		},
	}
}

// UnlessZero is the value of a field that is set.
func UnlessZero[T comparable](field T, value string) []string {
	var zero T
	if field == zero {
		return nil
	}
	return []string{value}
}

// CliFlags are the flags themselves.
func CliFlags(flags []SpecFlag) []cli.Flag {
	out := make([]cli.Flag, len(flags))
	for i, f := range flags {
		out[i] = f.Flag
	}
	return out
}

// ReadSpec reads ecsctl.yaml, if there is one, and puts the flags over it.
func ReadSpec(c *cli.Context, flags []SpecFlag) (spec.Spec, error) {
	pool := spec.AnyPool
	if slices.ContainsFunc(flags, func(f SpecFlag) bool { return f.Flag.Names()[0] == "pool" }) {
		pool = c.String("pool")
	}
	spec, err := readConfig(c.String("config"), pool)
	if err != nil {
		return spec, err
	}
	var wrong []error
	for _, f := range flags {
		if !c.IsSet(f.Flag.Names()[0]) {
			continue
		}
		with := spec
		if err := f.set(&with, c); err != nil {
			return spec, err
		}
		if err := f.checkChoice(&with); err != nil {
			wrong = append(wrong, err)
			continue
		}
		spec = with
	}
	console.ReportingOf(c.Context).SetPool(spec.Pool)
	if len(wrong) > 0 {
		wrong = append(wrong, spec.WithDefaults().Validate()) // all that is wrong is told at once
	}
	return spec, errors.Join(wrong...)
}

// checkChoice refuses a value that there is not, before anything is asked or missed.
func (f SpecFlag) checkChoice(s *spec.Spec) error {
	for _, value := range f.values(s) {
		if len(f.choices) > 0 && !slices.Contains(f.choices, value) {
			return console.Usagef("--%s %q: use one of %s", f.Flag.Names()[0], value, strings.Join(f.choices, ", "))
		}
	}
	return nil
}

// Choices are the values of the flags of a Spec that have a few.
func Choices() map[string][]string {
	out := map[string][]string{}
	for _, f := range BootstrapFlags() {
		if len(f.choices) > 0 {
			out[f.Flag.Names()[0]] = f.choices
		}
	}
	return out
}

// BootstrapFlags are all flags that set fields of a Spec.
func BootstrapFlags() []SpecFlag {
	return append(append(PlaceFlags(), ResourceFlags()...), NameFlags()...)
}

// PickFlags are those with the names.
func PickFlags(flags []SpecFlag, names ...string) []SpecFlag {
	var out []SpecFlag
	for _, name := range names {
		for _, f := range flags {
			if f.Flag.Names()[0] == name {
				out = append(out, f)
			}
		}
	}
	return out
}
