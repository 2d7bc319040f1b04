package commands

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ecsctl/commands/console"
)

// TestSchemas holds docs/schemas to what the program prints. Scripts hold each JSON that the program prints
// to its schema, see stage.checkReports.
func TestSchemas(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../docs/schemas/*.schema.json")
	if err != nil || len(files) != len(reports()) {
		t.Errorf("docs/schemas has %d schemas for %d commands: %v", len(files), len(reports()), err)
	}
	for command := range reports() {
		var out bytes.Buffer
		if err := runSchema(console.Streams{Out: &out}, command); err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("it.json", document); err != nil {
			t.Fatal(err)
		}
		if _, err := compiler.Compile("it.json"); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		name := filepath.Join("..", "docs", "schemas", strings.ReplaceAll(command, " ", "-")+".schema.json")
		if raw, err := os.ReadFile(name); err != nil || !bytes.Equal(raw, out.Bytes()) {
			t.Errorf("%s is not what the program prints (%v): ecsctl schema %s >%s", name, err, command, name[3:])
		}
	}
}
