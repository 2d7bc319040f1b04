package commands

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

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
		var schema jsonschema.Schema
		if err := json.Unmarshal(out.Bytes(), &schema); err != nil || len(schema.Extra) > 0 {
			t.Errorf("%s: %v; unknown keywords: %v", command, err, schema.Extra)
		}
		if _, err := schema.Resolve(nil); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		name := filepath.Join("..", "docs", "schemas", strings.ReplaceAll(command, " ", "-")+".schema.json")
		if raw, err := os.ReadFile(name); err != nil || !bytes.Equal(raw, out.Bytes()) {
			t.Errorf("%s is not what the program prints (%v): ecsctl schema %s >%s", name, err, command, name[3:])
		}
	}
}
