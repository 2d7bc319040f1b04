package wizard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/english"
	"ecsctl/internal/fargate"
	"ecsctl/provision/spec"
)

// usualSizes are those that are offered first, in CPU units and MiB; of them only what
// has as much memory as the runtime needs.
var usualSizes = [][2]int{{256, 512}, {256, 1024}, {512, 1024}, {512, 2048}, {1024, 2048}, {2048, 4096}}

func sizeStep() step {
	return step{title: "Size", given: func(w *wizard) bool {
		return w.spec.Worker.CPU != 0 ||
			w.spec.Worker.Memory != 0
	}, ask: askSize}
}

func askSize(ctx context.Context, w *wizard) (string, error) {
	now := w.specWithDefaults().Worker
	q := prompt.Question{
		Title: "Size of the worker", Default: []string{sizeValue(now.CPU, now.Memory)},
		Help: "Flow runs have sizes of their own. " + w.aboutPrices(),
	}
	needed := w.usualSize().Memory
	sizes := slices.DeleteFunc(slices.Clone(usualSizes), func(s [2]int) bool { return s[1] < needed })
	if !slices.Contains(sizes, [2]int{now.CPU, now.Memory}) {
		sizes = append(sizes, [2]int{now.CPU, now.Memory})
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
	for _, cpu := range fargate.CPUs() {
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
		for _, m := range fargate.Memories(cpu) {
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
	usual := w.usualSize()
	w.spec.Worker.CPU, w.spec.Worker.Memory = unless(cpu, usual.CPU), unless(memory, usual.Memory)
	return vcpus(cpu) + ", " + gigabytes(memory) + ", " + w.price(cpu, memory), nil
}

// usualSize is the worker that the chosen runtime has by itself.
func (w *wizard) usualSize() spec.Worker {
	spec := spec.Spec{Worker: spec.Worker{Runtime: w.spec.Worker.Runtime}}
	return spec.WithDefaults().Worker
}

// sizeLabel is a size with its price for a month.
func (w *wizard) sizeLabel(cpu, memory int) string {
	return fmt.Sprintf("%-9s  %-7s %s", vcpus(cpu), gigabytes(memory), w.price(cpu, memory))
}

// price is that of the region where it is known; aboutPrices says whose it is.
func (w *wizard) price(cpu, memory int) string {
	region := w.priceRegion()
	dollars, _ := fargate.MonthlyPrice(region, w.specWithDefaults().Worker.Architecture, cpu, memory)
	text := fmt.Sprintf("$%.2f a month", dollars)
	if region != w.identity.Region {
		text += " in " + region
	}
	return text
}

func (w *wizard) priceRegion() string {
	return fargate.PricedRegion(w.identity.Region, w.specWithDefaults().Worker.Architecture)
}

func (w *wizard) aboutPrices() string {
	text := "Prices: one Fargate task all month, on demand, " + fargate.PricesOf +
		", without tax and public IP address."
	if region := w.priceRegion(); region != w.identity.Region {
		text = "Prices of " + w.identity.Region + " are not known to ecsctl. Those of " + region +
			": one Fargate task all month, on demand, " + fargate.PricesOf + ", without tax and public IP address."
	}
	return text
}

func vcpus(cpu int) string { return trimNumber(float64(cpu)/1024) + " vCPU" }

func gigabytes(mib int) string { return trimNumber(float64(mib)/1024) + " GB" }

func trimNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

const oneAtFirst = "1 at first"

// leftAlone is the number of workers when nobody says one.
func (w *wizard) leftAlone() string {
	if w.recalled {
		return asItIsNow
	}
	return oneAtFirst
}

func replicasStep() step {
	return step{title: "Workers", given: func(w *wizard) bool { return w.spec.Worker.DesiredCount != nil },
		ask: askReplicas}
}

func askReplicas(ctx context.Context, w *wizard) (string, error) {
	size := w.specWithDefaults().Worker
	q := prompt.Question{
		Title: "How many workers?", Default: []string{w.leftAlone()},
		Help: "One is enough: flow runs are tasks of their own. A second takes over at once when one fails. Each: " +
			w.price(size.CPU, size.Memory) + ". Enter leaves an existing number alone.",
		Check: func(v []string) error {
			if n, err := strconv.Atoi(v[0]); v[0] != w.leftAlone() && (err != nil || n < 1) {
				return errors.New("give a number, 1 or more")
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
	if text != w.leftAlone() {
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
	return step{title: "Logs", given: func(w *wizard) bool { return w.spec.LogRetentionDays != 0 }, ask: askRetention}
}

func askRetention(ctx context.Context, w *wizard) (string, error) {
	q := prompt.Question{
		Title: "How long are logs kept?", Default: []string{strconv.Itoa(w.specWithDefaults().LogRetentionDays)},
		Help: "In CloudWatch, which charges for what it keeps. --log-retention takes more values.",
	}
	for _, days := range usualRetention {
		q.Options = append(q.Options, prompt.Option{Label: english.Count(days, "day"), Value: strconv.Itoa(days)})
	}
	text, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	days, err := strconv.Atoi(text)
	if err != nil {
		return "", err
	}
	w.spec.LogRetentionDays = unless(days, spec.Spec{}.WithDefaults().LogRetentionDays)
	return english.Count(days, "day"), nil
}

// specWithDefaults is the Spec as it stands, complete.
func (w *wizard) specWithDefaults() spec.Spec {
	want := w.spec
	want.Region = w.identity.Region
	want = want.WithDefaults()
	if want.MakesImage() && w.binary != nil {
		want.Worker.Architecture = spec.ArchitectureOf(w.binary)
	}
	return want
}
