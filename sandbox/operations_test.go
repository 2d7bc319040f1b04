package sandbox

import (
	"testing"

	"ecsctl/sandbox/internal/rules"
	"ecsctl/sandbox/internal/s3"
)

// TestEveryOperationHasRules fails for an operation that is new since
// internal/rules/generate.py was run last.
func TestEveryOperationHasRules(t *testing.T) {
	t.Parallel()
	server, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	count := 0
	for name, service := range server.services {
		if name == s3.Name {
			continue // its parameters are in paths and headers: the package itself checks what it takes
		}
		for _, operation := range service.Operations() {
			count++
			if !rules.Has(name, operation) {
				t.Errorf("%s:%s has no rules: run sandbox/internal/rules/generate.py", name, operation)
			}
		}
	}
	if count < 120 {
		t.Errorf("%d operations: where are the others?", count)
	}
}
