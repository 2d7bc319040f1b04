package ecs

import (
	"slices"
	"strconv"
	"strings"
)

// fargateMemory lists the memory in MiB that Fargate has for each number of CPU units.
var fargateMemory = map[int][]int{
	256:   {512, 1024, 2048},
	512:   span(1, 4, 1),
	1024:  span(2, 8, 1),
	2048:  span(4, 16, 1),
	4096:  span(8, 30, 1),
	8192:  span(16, 60, 4),
	16384: span(32, 120, 8),
}

// span lists from..to GiB, both included, in MiB.
func span(from, to, step int) []int {
	var out []int
	for gb := from; gb <= to; gb += step {
		out = append(out, gb*1024)
	}
	return out
}

// cpuUnits reads "1024", "1 vCPU", ".5 vcpu".
func cpuUnits(text string) (int, bool) {
	lower := strings.ToLower(strings.TrimSpace(text))
	number, isVCPU := strings.CutSuffix(lower, "vcpu")
	if !isVCPU {
		n, err := strconv.Atoi(lower)
		return n, err == nil
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	return int(f * 1024), err == nil
}

// memoryMiB reads "2048", "2 GB", "0.5gb".
func memoryMiB(text string) (int, bool) {
	lower := strings.ToLower(strings.TrimSpace(text))
	number, isGB := strings.CutSuffix(lower, "gb")
	if !isGB {
		n, err := strconv.Atoi(lower)
		return n, err == nil
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	return int(f * 1024), err == nil
}

// fargateSize checks a size and puts it into the form that ECS answers with.
func fargateSize(cpu, memory string) (string, string, error) {
	units, ok := cpuUnits(cpu)
	if !ok || fargateMemory[units] == nil {
		return "", "", clientError("Invalid 'cpu' setting for task. For more information, see the Troubleshooting " +
			"section of the Amazon ECS Developer Guide.")
	}
	mib, ok := memoryMiB(memory)
	if !ok {
		return "", "", clientError("Invalid 'memory' setting for task. For more information, see the Troubleshooting " +
			"section of the Amazon ECS Developer Guide.")
	}
	if !slices.Contains(fargateMemory[units], mib) {
		return "", "", clientError("No Fargate configuration exists for given values: %d CPU, %d memory. See the "+
			"Amazon ECS documentation for the valid values.", units, mib)
	}
	return strconv.Itoa(units), strconv.Itoa(mib), nil
}
