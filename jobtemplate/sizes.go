package jobtemplate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// fargateSize is the memory that Fargate has for an amount of CPU, in MiB.
type fargateSize struct {
	cpu       int
	low, high int
	step      int
	smallest  []int // instead of a range
}

var fargateSizes = []fargateSize{
	{cpu: 256, smallest: []int{512, 1024, 2048}},
	{cpu: 512, low: 1024, high: 4096, step: 1024},
	{cpu: 1024, low: 2048, high: 8192, step: 1024},
	{cpu: 2048, low: 4096, high: 16384, step: 1024},
	{cpu: 4096, low: 8192, high: 30720, step: 1024},
	{cpu: 8192, low: 16384, high: 61440, step: 4096},
	{cpu: 16384, low: 32768, high: 122880, step: 8192},
}

func (s fargateSize) has(memory int) bool {
	if s.smallest != nil {
		return slices.Contains(s.smallest, memory)
	}
	return memory >= s.low && memory <= s.high && (memory-s.low)%s.step == 0
}

func (s fargateSize) String() string {
	if s.smallest != nil {
		return fmt.Sprintf("CPU %d goes with memory 512, 1024 or 2048", s.cpu)
	}
	return fmt.Sprintf("CPU %d goes with memory from %d to %d in steps of %d", s.cpu, s.low, s.high, s.step)
}

// checkFargateSizes checks the sizes of the task definition, and those that the
// overrides make of it. A definition that AWS has already is not known here.
func checkFargateSizes(found *findings, definition, request map[string]any) {
	compatible := factsOfDocument(definition).compatible
	if !slices.Contains(compatible, fargate) {
		return
	}
	checkFargateSize(found, "task_definition", definition["cpu"], definition["memory"])
	overrides, _ := request["overrides"].(map[string]any)
	cpu, memory := definition["cpu"], definition["memory"]
	if truthy(overrides["cpu"]) {
		cpu = overrides["cpu"]
	}
	if truthy(overrides["memory"]) {
		memory = overrides["memory"]
	}
	if pyText(cpu) != pyText(definition["cpu"]) || pyText(memory) != pyText(definition["memory"]) {
		checkFargateSize(found, overridesPath, cpu, memory)
	}
}

func checkFargateSize(found *findings, path string, cpu, memory any) {
	lacksCPU, lacksMemory := lacksSize(found, path+".cpu", cpu), lacksSize(found, path+".memory", memory)
	if lacksCPU || lacksMemory {
		return
	}
	units, ok := cpuUnits(pyText(cpu))
	if !ok {
		found.add(path+".cpu", "", "%q is no amount of CPU", pyText(cpu))
		return
	}
	mebibytes, ok := memoryMiB(pyText(memory))
	if !ok {
		found.add(path+".memory", "", "%q is no amount of memory", pyText(memory))
		return
	}
	at := slices.IndexFunc(fargateSizes, func(s fargateSize) bool { return s.cpu == units })
	if at < 0 {
		found.add(path+".cpu", "Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384",
			"Fargate has no CPU of %d", units)
		return
	}
	if !fargateSizes[at].has(mebibytes) {
		found.add(path+".memory", fargateSizes[at].String(), "Fargate has no memory of %d for CPU %d", mebibytes, units)
	}
}

func lacksSize(found *findings, path string, value any) bool {
	if value == nil {
		found.add(path, "set it, or take FARGATE out of requiresCompatibilities", "Fargate needs it for the whole task")
	}
	return value == nil
}

// cpuUnits reads "1024" and "1 vCPU".
func cpuUnits(text string) (int, bool) { return amount(text, "vcpu") }

// memoryMiB reads "2048" and "2 GB".
func memoryMiB(text string) (int, bool) { return amount(text, "gb") }

func amount(text, unit string) (int, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if big, ok := strings.CutSuffix(text, unit); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(big), 64)
		return int(math.Round(f * 1024)), err == nil && f > 0 && f < 1<<20
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
