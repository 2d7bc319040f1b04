package fargate

// FargateMemories are the memory sizes in MiB that go with cpu CPU units, or nil when
// Fargate has no such CPU size.
func FargateMemories(cpu int) []int {
	for _, size := range FargateSizes {
		if size.Cpu == cpu {
			return size.memories()
		}
	}
	return nil
}

// FargateCPUs are the CPU sizes that Fargate has, in CPU units.
func FargateCPUs() []int {
	out := make([]int, len(FargateSizes))
	for i, size := range FargateSizes {
		out[i] = size.Cpu
	}
	return out
}
