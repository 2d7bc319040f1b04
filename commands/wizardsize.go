package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"ecsctl/commands/prompt"
	"ecsctl/provision"
)

func runtimeStep() step {
	return step{"Runtime", func(w *wizard) bool { return w.spec.Worker.Runtime != "" || len(provision.Runtimes()) < 2 }, askRuntime}
}

func askRuntime(ctx context.Context, w *wizard) (string, error) {
	runtimes := provision.Runtimes()
	q := prompt.Question{Title: "Runtime", Help: "The program that works on the pool.", Default: []string{runtimes[0].Name}}
	for _, r := range runtimes {
		q.Options = append(q.Options, prompt.Option{Label: r.Name + "  " + r.About, Value: r.Name})
	}
	if w.spec.Worker.Runtime != "" {
		q.Default = []string{w.spec.Worker.Runtime}
	}
	name, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	w.spec.Worker.Runtime = unless(name, runtimes[0].Name)
	return name, nil
}

func architectureStep() step {
	return step{"Architecture", func(w *wizard) bool { return w.spec.Worker.Architecture != "" }, askArchitecture}
}

func askArchitecture(ctx context.Context, w *wizard) (string, error) {
	value, err := w.ask(ctx, prompt.Question{
		Title: "Architecture", Help: "Of the worker's processor. Its image must be built for it.",
		Options: []prompt.Option{
			{Label: provision.ArchitectureX86, Value: provision.ArchitectureX86},
			{Label: provision.ArchitectureARM + "  costs about a fifth less", Value: provision.ArchitectureARM},
		},
		Default: []string{w.specWithDefaults().Worker.Architecture},
	})
	if err != nil {
		return "", err
	}
	w.spec.Worker.Architecture = unless(value, provision.ArchitectureX86)
	return value, nil
}

// usualSizes are those that the list begins with, in CPU units and MiB.
var usualSizes = [][2]int{{256, 512}, {256, 1024}, {512, 1024}, {512, 2048}, {1024, 2048}, {2048, 4096}}

func sizeStep() step {
	return step{"Size", func(w *wizard) bool { return w.spec.Worker.CPU != 0 || w.spec.Worker.Memory != 0 }, askSize}
}

func askSize(ctx context.Context, w *wizard) (string, error) {
	now := w.specWithDefaults().Worker
	q := prompt.Question{
		Title: "Size of the worker", Default: []string{sizeValue(now.CPU, now.Memory)},
		Help: "Flow runs have sizes of their own. " + w.aboutPrices(),
	}
	sizes := usualSizes
	if !slices.Contains(sizes, [2]int{now.CPU, now.Memory}) {
		sizes = append(slices.Clone(sizes), [2]int{now.CPU, now.Memory})
	}
	for _, s := range sizes {
		q.Options = append(q.Options, prompt.Option{Label: w.sizeLabel(s[0], s[1]), Value: sizeValue(s[0], s[1])})
	}
	q.Options = append(q.Options, prompt.Option{Label: "another size", Value: otherValue})
	for {
		value, err := w.ask(ctx, q)
		if err != nil {
			return "", err
		}
		if value != otherValue {
			return w.takeSize(value)
		}
		if value, err = w.within(func() (string, error) { return w.askOtherSize(ctx) }); err == nil {
			return w.takeSize(value)
		}
		if !errors.Is(err, prompt.ErrBack) {
			return "", err
		}
	}
}

// askOtherSize asks for the CPU, then for the memory that goes with it.
func (w *wizard) askOtherSize(ctx context.Context) (string, error) {
	q := prompt.Question{Title: "CPU of the worker", Default: []string{strconv.Itoa(w.specWithDefaults().Worker.CPU)}}
	for _, cpu := range provision.FargateCPUs() {
		q.Options = append(q.Options, prompt.Option{Label: vcpus(cpu), Value: strconv.Itoa(cpu)})
	}
	for {
		text, err := w.ask(ctx, q)
		if err != nil {
			return "", err
		}
		cpu, err := strconv.Atoi(text)
		if err != nil {
			return "", err
		}
		memory := prompt.Question{Title: "Memory of the worker", Help: "What goes with " + vcpus(cpu) + "."}
		for _, m := range provision.FargateMemories(cpu) {
			memory.Options = append(memory.Options, prompt.Option{Label: w.sizeLabel(cpu, m), Value: sizeValue(cpu, m)})
		}
		memory.Default = []string{memory.Options[0].Value}
		value, err := w.ask(ctx, memory)
		if !errors.Is(err, prompt.ErrBack) {
			return value, err
		}
	}
}

func sizeValue(cpu, memory int) string { return fmt.Sprintf("%d/%d", cpu, memory) }

func (w *wizard) takeSize(value string) (string, error) {
	var cpu, memory int
	if _, err := fmt.Sscanf(value, "%d/%d", &cpu, &memory); err != nil {
		return "", fmt.Errorf("failed to read the size %q: %w", value, err)
	}
	usual := provision.Spec{}.WithDefaults().Worker
	w.spec.Worker.CPU, w.spec.Worker.Memory = unless(cpu, usual.CPU), unless(memory, usual.Memory)
	return vcpus(cpu) + ", " + gigabytes(memory) + ", " + w.price(cpu, memory), nil
}

// sizeLabel is a size with its price for a month.
func (w *wizard) sizeLabel(cpu, memory int) string {
	return fmt.Sprintf("%-9s  %-7s %s", vcpus(cpu), gigabytes(memory), w.price(cpu, memory))
}

// price is that of the region where it is known; aboutPrices says whose it is.
func (w *wizard) price(cpu, memory int) string {
	region := w.priceRegion()
	dollars, _ := provision.MonthlyPrice(region, w.specWithDefaults().Worker.Architecture, cpu, memory)
	text := fmt.Sprintf("$%.2f a month", dollars)
	if region != w.identity.Region {
		text += " in " + region
	}
	return text
}

func (w *wizard) priceRegion() string {
	if _, known := provision.MonthlyPrice(w.identity.Region, w.specWithDefaults().Worker.Architecture, 256, 512); known {
		return w.identity.Region
	}
	return provision.PriceRegion
}

func (w *wizard) aboutPrices() string {
	text := "Prices: one Fargate task all month, on demand, " + provision.PricesOf + ", without tax and public IP address."
	if region := w.priceRegion(); region != w.identity.Region {
		text = "Prices of " + w.identity.Region + " are not known to ecsctl. Those of " + region + ": one Fargate task all month, on demand, " + provision.PricesOf + ", without tax and public IP address."
	}
	return text
}

func vcpus(cpu int) string { return trimNumber(float64(cpu)/1024) + " vCPU" }

func gigabytes(mib int) string { return trimNumber(float64(mib)/1024) + " GB" }

func trimNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

const oneAtFirst = "1 at first"

func replicasStep() step {
	return step{"Workers", func(w *wizard) bool { return w.spec.Worker.DesiredCount != nil }, askReplicas}
}

func askReplicas(ctx context.Context, w *wizard) (string, error) {
	size := w.specWithDefaults().Worker
	q := prompt.Question{
		Title: "How many workers?", Default: []string{oneAtFirst},
		Help: "One is enough: flow runs are tasks of their own. A second takes over at once when one fails. Each: " + w.price(size.CPU, size.Memory) + ". Enter leaves an existing number alone.",
		Check: func(v []string) error {
			if n, err := strconv.Atoi(v[0]); v[0] != oneAtFirst && (err != nil || n < 1) {
				return errors.New("give a number from 1")
			}
			return nil
		},
	}
	if n := w.spec.Worker.DesiredCount; n != nil {
		q.Default = []string{strconv.Itoa(*n)}
	}
	text, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	w.spec.Worker.DesiredCount = nil
	if text != oneAtFirst {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "", err
		}
		w.spec.Worker.DesiredCount = &n
	}
	return text, nil
}

// usualRetention are the days that are offered, of the many that CloudWatch takes.
var usualRetention = []int{1, 3, 7, 14, 30, 90, 180, 365}

func retentionStep() step {
	return step{"Logs", func(w *wizard) bool { return w.spec.LogRetentionDays != 0 }, askRetention}
}

func askRetention(ctx context.Context, w *wizard) (string, error) {
	q := prompt.Question{
		Title: "How long are logs kept?", Default: []string{strconv.Itoa(w.specWithDefaults().LogRetentionDays)},
		Help: "In CloudWatch, which charges for what it keeps. --log-retention takes further times.",
	}
	for _, days := range usualRetention {
		q.Options = append(q.Options, prompt.Option{Label: count(days, "day"), Value: strconv.Itoa(days)})
	}
	text, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	days, err := strconv.Atoi(text)
	if err != nil {
		return "", err
	}
	w.spec.LogRetentionDays = unless(days, provision.Spec{}.WithDefaults().LogRetentionDays)
	return count(days, "day"), nil
}

// specWithDefaults is the Spec as it stands, complete.
func (w *wizard) specWithDefaults() provision.Spec {
	spec := w.spec
	spec.Region = w.identity.Region
	return spec.WithDefaults()
}
