// Package operate looks at what bootstrap made and says how it is: it reads AWS and
// Prefect, judges, and names for each thing that is wrong its cause and what fixes it.
// It never changes anything that a user runs.
//
// Names, discovery and what things should look like are package provision's: drift is
// the plan of a bootstrap that is not applied.
package operate
