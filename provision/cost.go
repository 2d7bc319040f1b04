package provision

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"ecsctl/internal/fargate"
)

// Cost is what a set-up costs in a month of 730 hours while nothing runs but its workers, in US
// dollars without tax and discounts. Flow runs and log lines cost by what they do: docs/costs.md.
type Cost struct {
	Month     float64    `json:"month"`
	Items     []CostItem `json:"items"`
	LogsPerGB float64    `json:"logsPerGB"` // for each GB of log lines that is written
	Region    string     `json:"region"`    // the one whose prices these are; that of the set-up where they are known
	PricesOf  string     `json:"pricesOf"`  // the month in which they held
}

// CostItem is a part of a Cost.
type CostItem struct {
	What  string  `json:"what"`
	Month float64 `json:"month"`
}

// Workers are tasks of a worker that run all the time.
type Workers struct {
	Tasks        int
	Region       string
	Architecture string // as in package fargate; "" is x86_64
	CPU, Memory  int    // of each: CPU units and MiB
	PublicIP     bool
}

// Cost returns that of the workers alone.
func (s Workers) Cost() Cost {
	architecture := cmp.Or(s.Architecture, fargate.ArchitectureX86)
	region := fargate.PricedRegion(s.Region, architecture)
	price, _ := fargate.MonthlyPrice(region, architecture, s.CPU, s.Memory)
	out := Cost{Items: []CostItem{}, LogsPerGB: fargate.LogPrice, Region: region, PricesOf: fargate.PricesOf}
	out.add(s.Tasks, "worker", "workers", price)
	if s.PublicIP {
		out.add(s.Tasks, "public IPv4 address", "public IPv4 addresses", fargate.AddressPrice)
	}
	return out
}

// Cost returns that of what stands once the plan is carried out.
func (b *Bootstrap) Cost() Cost {
	worker := b.w.spec.Worker
	if worker.Of != "" { // what it costs is in the cost of that pool
		return Workers{Region: b.Identity.Region, CPU: worker.CPU, Memory: worker.Memory}.Cost()
	}
	out := Workers{
		Tasks: b.workers(), Region: b.Identity.Region, Architecture: worker.Architecture, CPU: worker.CPU,
		Memory: worker.Memory, PublicIP: b.w.network.found().publicIP,
	}.Cost()
	out.add(len(b.service.secrets), "secret", "secrets", fargate.SecretPrice)
	return out
}

func (c *Cost) add(n int, one, more string, each float64) {
	if n == 0 {
		return
	}
	what := one
	if n > 1 {
		what = fmt.Sprintf("%d %s", n, more)
	}
	cost := cents(float64(n) * each)
	c.Items = append(c.Items, CostItem{what, cost})
	c.Month = cents(c.Month + cost)
}

// cents rounds, so that the items are the whole in JSON, too.
func cents(dollars float64) float64 { return math.Round(dollars*100) / 100 }

// String is the cost in a line.
func (c Cost) String() string {
	var items []string
	for _, item := range c.Items {
		items = append(items, fmt.Sprintf("%s $%.2f", item.What, item.Month))
	}
	parts := ""
	if len(items) > 0 {
		parts = ": " + strings.Join(items, ", ")
	}
	return fmt.Sprintf("about $%.2f a month%s; log lines $%.2f a GB, flow runs while they run (%s, %s)", c.Month, parts,
		c.LogsPerGB, c.Region, c.PricesOf)
}

// workers is how many tasks the service will have.
func (b *Bootstrap) workers() int {
	switch wanted := b.w.spec.Worker.DesiredCount; {
	case wanted != nil:
		return *wanted
	case b.service.found != nil:
		return int(b.service.found.DesiredCount)
	}
	return 1
}
