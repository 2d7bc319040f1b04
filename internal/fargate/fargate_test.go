package fargate

import (
	"strings"
	"testing"
)

// sizes are those of AWS's documentation ("Task CPU and memory"), written out on
// their own and not computed as the code does.
func sizes() map[int][]int {
	steps := func(first, last, step int) (out []int) {
		for gib := first; gib <= last; gib += step {
			out = append(out, gib*1024)
		}
		return out
	}
	return map[int][]int{
		256:   {512, 1024, 2048},
		512:   steps(1, 4, 1),
		1024:  steps(2, 8, 1),
		2048:  steps(4, 16, 1),
		4096:  steps(8, 30, 1),
		8192:  steps(16, 60, 4),
		16384: steps(32, 120, 8),
	}
}

// Of all sizes in steps of 256 MiB exactly the documented ones fit.
func TestEveryFargateSize(t *testing.T) {
	t.Parallel()
	for cpu, memories := range sizes() {
		fits := map[int]bool{}
		for _, memory := range memories {
			fits[memory] = true
		}
		for memory := 0; memory <= 130*1024; memory += 256 {
			if got := CheckSize(cpu, memory) == nil; got != fits[memory] {
				t.Errorf("cpu %d, memory %d: fits is %v, want %v", cpu, memory, got, fits[memory])
			}
		}
	}
}

func TestFargateSizeMessages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cpu, memory int
		want        string
	}{
		{256, 4096, "fargate has no size with 256 CPU units and 4096 MiB of memory: 256 CPU units go with 512, 1024, " +
			"2048 MiB"},
		{512, 512, "fargate has no size with 512 CPU units and 512 MiB of memory: 512 CPU units go with 1024, 2048, " +
			"3072, 4096 MiB"},
		{1024, 9216, "fargate has no size with 1024 CPU units and 9216 MiB of memory: 1024 CPU units go with 2048 " +
			"MiB to 8192 MiB in steps of 1024"},
		{8192, 20000, "fargate has no size with 8192 CPU units and 20000 MiB of memory: 8192 CPU units go with 16384 " +
			"MiB to 61440 MiB in steps of 4096"},
		{300, 1024, "fargate has no size with 300 CPU units: there are 256, 512, 1024, 2048, 4096, 8192, 16384"},
		{-1, 0, "fargate has no size with -1 CPU units"},
	} {
		err := CheckSize(test.cpu, test.memory)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("cpu %d, memory %d: got %v, want %s", test.cpu, test.memory, err, test.want)
		}
	}
}
