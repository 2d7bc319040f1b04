package jobtemplate_test

import (
	"os"
	"testing"

	"ecsctl/jobtemplate"
)

// The documents of a pool are decoded once, not for each run: what is left is what the run changes.
func BenchmarkResolve(b *testing.B) {
	template, err := os.ReadFile("../templates/ecs-base-job-template.json")
	if err != nil {
		b.Fatal(err)
	}
	for name, decoded := range map[string]*jobtemplate.Decoded{"anew": nil, "remembered": {}} {
		b.Run(name, func(b *testing.B) {
			in := newInputs()
			in.BaseJobTemplate, in.Decoded = template, decoded
			b.ReportAllocs()
			for b.Loop() {
				if _, err := jobtemplate.Resolve(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Remembering makes a job several times cheaper, and changes nothing of it (golden_test.go).
func TestDocumentsAreDecodedOnce(t *testing.T) {
	template, err := os.ReadFile("../templates/ecs-base-job-template.json")
	if err != nil {
		t.Fatal(err)
	}
	allocations := func(decoded *jobtemplate.Decoded) float64 {
		in := newInputs()
		in.BaseJobTemplate, in.Decoded = template, decoded
		return testing.AllocsPerRun(20, func() {
			if _, err := jobtemplate.Resolve(in); err != nil {
				t.Error(err)
			}
		})
	}
	if anew, remembered := allocations(nil), allocations(&jobtemplate.Decoded{}); remembered > mostRemembered*anew {
		t.Errorf("%v allocations for a job, %v where its documents are decoded anew", remembered, anew)
	}
}
