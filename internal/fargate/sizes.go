package fargate

// Memories are the memory sizes in MiB that go with cpu CPU units, or nil when
// Fargate has no such CPU size.
func Memories(cpu int) []int {
	for _, s := range table {
		if s.cpu == cpu {
			return s.memories()
		}
	}
	return nil
}

// CPUs are the CPU sizes that Fargate has, in CPU units.
func CPUs() []int {
	out := make([]int, len(table))
	for i, s := range table {
		out[i] = s.cpu
	}
	return out
}
