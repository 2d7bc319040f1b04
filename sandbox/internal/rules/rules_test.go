package rules

import "testing"

// TestRulesAreWhole loads every document: each pattern compiles, and each shape that one
// leads to is there.
func TestRulesAreWhole(t *testing.T) {
	t.Parallel()
	services := Services()
	if len(services) < 8 {
		t.Errorf("only %v", services)
	}
	for _, service := range services {
		d, err := load(service)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, known := codes[service]; !known && service != "ec2" && service != "ecr" && service != "sqs" {
			t.Errorf("%s has no words of its own: see words.go", service)
		}
		for operation, input := range d.Operations {
			d.known(t, operation, input)
		}
		for name, s := range d.Shapes {
			d.known(t, name, s.Of)
			d.known(t, name, s.Key)
			for _, of := range s.Members {
				d.known(t, name, of)
			}
		}
	}
}

func (d *document) known(t *testing.T, from, shape string) {
	t.Helper()
	if shape != "" && d.Shapes[shape] == nil {
		t.Errorf("%s: %s leads to %s, which is not there", d.service, from, shape)
	}
}

// TestRulesAreSmall keeps them from growing the binary unseen.
func TestRulesAreSmall(t *testing.T) {
	t.Parallel()
	total := 0
	for _, service := range Services() {
		text, err := data.ReadFile("data/" + service + ".json")
		if err != nil {
			t.Fatal(err)
		}
		total += len(text)
	}
	if total > 100_000 {
		t.Errorf("%d bytes are embedded", total)
	}
}
