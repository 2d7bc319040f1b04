package fargate

import (
	"fmt"
	"testing"
)

// Figures worked out by hand: 730 h x (vCPU x price + GB x price).
func TestMonthlyPrice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		region, architecture string
		cpu, memory          int
		want                 string
	}{
		{"us-east-1", ArchitectureX86, 512, 1024, "18.02 true"},  // 730 x (0.02024 + 0.004445)
		{"us-east-1", ArchitectureARM, 512, 1024, "14.42 true"},  // 730 x (0.01619 + 0.00356)
		{"us-east-1", ArchitectureX86, 256, 512, "9.01 true"},    // half of the first
		{"sa-east-1", ArchitectureX86, 1024, 2048, "0.00 false"}, // no source that says when
		{"mars-1", ArchitectureX86, 512, 1024, "0.00 false"},
	} {
		dollars, known := MonthlyPrice(test.region, test.architecture, test.cpu, test.memory)
		if got := fmt.Sprintf("%.2f %v", dollars, known); got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
	}
}
