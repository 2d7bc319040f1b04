package fault

import (
	"fmt"
	"strings"
	"time"
)

// String is the fault as ParseFault reads it.
func (f Fault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%s=%s", orAny(f.Service), orAny(f.Operation), f.Kind)
	switch {
	case f.Times < 0 && f.Rate == 0:
		b.WriteString(",times=all")
	case f.Times > 1 || f.Times == 1 && f.Rate > 0:
		fmt.Fprintf(&b, ",times=%d", f.Times)
	}
	if f.Skip > 0 {
		fmt.Fprintf(&b, ",skip=%d", f.Skip)
	}
	if f.Rate > 0 {
		fmt.Fprintf(&b, ",rate=%g", f.Rate)
	}
	if f.Seed > 0 {
		fmt.Fprintf(&b, ",seed=%d", f.Seed)
	}
	if text := f.latencyText(); text != "" {
		b.WriteString(",latency=" + text)
	}
	if f.Reason != "" {
		b.WriteString(",reason=" + string(f.Reason))
	}
	writeDuration(&b, "after", f.After)
	writeDuration(&b, "warning", f.Warning)
	return b.String()
}

func (f Fault) latencyText() string {
	switch {
	case f.Random:
		return "~" + f.Latency.String()
	case f.LatencyTo > 0:
		return f.Latency.String() + ".." + f.LatencyTo.String()
	case f.Latency > 0:
		return f.Latency.String()
	default:
		return ""
	}
}

func writeDuration(b *strings.Builder, name string, d time.Duration) {
	if d > 0 {
		fmt.Fprintf(b, ",%s=%s", name, d)
	}
}

func orAny(pattern string) string {
	if pattern == "" {
		return "*"
	}
	return pattern
}
