// Package fargate has the sizes, architectures and prices of tasks on AWS Fargate.
package fargate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// size is one CPU size with its memory sizes in MiB: from first to last in steps,
// as in AWS's "Task CPU and memory" (docs/aws-notes.md).
type size struct{ cpu, first, last, step int }

var table = []size{
	{256, 512, 2048, 0}, // 512, 1024 and 2048: see memories
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

func (s size) memories() []int {
	if s.step == 0 {
		return []int{512, 1024, 2048}
	}
	var out []int
	for m := s.first; m <= s.last; m += s.step {
		out = append(out, m)
	}
	return out
}

func (s size) fits(memory int) bool {
	return slices.Contains(s.memories(), memory)
}

// String says which memory sizes go with the CPU size.
func (s size) String() string {
	all := s.memories()
	if len(all) > 4 {
		return fmt.Sprintf("%d MiB to %d MiB in steps of %d", s.first, s.last, s.step)
	}
	words := make([]string, len(all))
	for i, m := range all {
		words[i] = strconv.Itoa(m)
	}
	return strings.Join(words, ", ") + " MiB"
}

// CheckSize returns an error that lists the sizes that fit when Fargate has
// no task of cpu CPU units and memory MiB.
func CheckSize(cpu, memory int) error {
	cpus := make([]string, len(table))
	for i, s := range table {
		if s.cpu != cpu {
			cpus[i] = strconv.Itoa(s.cpu)
			continue
		}
		if s.fits(memory) {
			return nil
		}
		return fmt.Errorf("fargate has no size with %d CPU units and %d MiB of memory: %d CPU units go with %s", cpu,
			memory, cpu, s)
	}
	return fmt.Errorf("fargate has no size with %d CPU units: there are %s", cpu, strings.Join(cpus, ", "))
}

// LeastMemory is the smallest memory, in MiB, that goes with a CPU size; 0 where there is no such size.
func LeastMemory(cpu int) int {
	for _, s := range table {
		if s.cpu == cpu {
			return s.first
		}
	}
	return 0
}

// Architectures of tasks, in the words of ECS.
const (
	ArchitectureX86 = "x86_64"
	ArchitectureARM = "arm64"
)
