package spec

// RuntimeChoice is a program that can work on a pool.
type RuntimeChoice struct{ Name, About string }

// Runtimes are the programs there are, the default one first.
func Runtimes() []RuntimeChoice {
	return []RuntimeChoice{
		{RuntimeECSCTL, "ecsctl's own worker: small, and pushed from this machine"},
		{RuntimePrefect, "the official Python worker"},
	}
}

// RuntimeNames are their names.
func RuntimeNames() []string {
	var names []string
	for _, r := range Runtimes() {
		names = append(names, r.Name)
	}
	return names
}
